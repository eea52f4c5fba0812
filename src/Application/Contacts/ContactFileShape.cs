using System.Text.Json.Serialization;

namespace SchemaHub.Application.Contacts;

/// <summary>What comes first in a date that begins with day and month.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DateOrder>))]
public enum DateOrder
{
    /// <summary>1/2/2023 is the first of February.</summary>
    [JsonStringEnumMemberName("dmy")]
    DayFirst,

    /// <summary>1/2/2023 is the second of January.</summary>
    [JsonStringEnumMemberName("mdy")]
    MonthFirst,
}

/// <summary>How the dates of a list are read that begin with day and month.</summary>
/// <param name="Order">Null: nothing in the list tells, or it tells both.</param>
/// <param name="Column">Where such a date stands.</param>
/// <param name="Line">Of a date that tells the order, or that can be read both ways.</param>
/// <param name="OtherLine">Of a date that tells the other order.</param>
/// <param name="IsStated">The caller said so.</param>
public sealed record ContactFileDates(
    DateOrder? Order,
    string Column,
    long Line,
    long? OtherLine = null,
    bool IsStated = false
);

/// <summary>What a list is, before its rows are taken.</summary>
/// <param name="Columns">In the order of the file.</param>
/// <param name="Dates">Null where no date begins with day and month.</param>
public sealed record ContactFileShape(IReadOnlyList<ContactFileColumn> Columns, ContactFileDates? Dates)
{
    /// <summary>Nothing is known: the header cannot be read.</summary>
    public static ContactFileShape None { get; } = new([], Dates: null);
}
