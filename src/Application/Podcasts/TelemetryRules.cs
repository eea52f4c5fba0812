using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Podcasts;

/// <summary>
/// Checks a batch row by row. Failures bear the row's number, counted from 0, and the field as the sender named it.
/// </summary>
internal sealed class TelemetryRules<TRow, TBatch>(ValidationContext<TBatch> context, IReadOnlyList<TRow> rows)
    where TRow : class
{
    private int _row;
    private int _failures;

    public void CheckEach(Action<TRow> check)
    {
        if (rows.Count > TelemetryRules.MostRows)
        {
            context.AddFailure("rows", TelemetryRules.TooMany);
            return;
        }

        for (_row = 0; _row < rows.Count && _failures < TelemetryRules.MostFailures; _row++)
        {
            // JSON's null in place of a row.
            if (rows[_row] is { } row)
                check(row);
            else
                Fail(field: null, "It is a JSON object.");
        }
    }

    public void Id(string field, Guid? id)
    {
        if (id is null)
            Fail(field, "It is needed, as a UUID.");
    }

    public void Name(string field, string? text, int most, bool needed = true)
    {
        if (text is null ? needed : (needed && text.Length == 0) || text.Length > most || text.Contains('\0'))
            Fail(field, needed ? TelemetryRules.Needed(most) : TelemetryRules.AtMost(most));
    }

    public void Json(string field, JsonElement? value)
    {
        if (value is not { ValueKind: not JsonValueKind.Null } given)
            return;

        if (given.ValueKind != JsonValueKind.Object)
            Fail(field, "It is a JSON object.");
        else if (JsonMarshal.GetRawUtf8Value(given).Length > TelemetryRules.MostJson)
            Fail(field, "It holds at most 16 kB.");
        else if (!MetadataRules.IsStorable(given))
            Fail(field, "It holds a null character, half a surrogate pair, or a number out of range.");
    }

    public void Instant(string field, DateTimeOffset? at, DateTimeOffset now, int keptMonths)
    {
        if (at is not { } given)
            Fail(field, "It is needed, as an instant with its offset.");
        else if (given < now.AddMonths(-keptMonths))
            Fail(field, TelemetryRules.TooOld(keptMonths));
        else if (given > now + TelemetryOptions.Ahead)
            Fail(field, TelemetryRules.TooNew);
    }

    public void Day(string field, DateOnly? on, DateTimeOffset now, int keptMonths)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (on is not { } given)
            Fail(field, "It is needed, as a date such as 2026-03-01.");
        else if (given < today.AddMonths(-keptMonths))
            Fail(field, TelemetryRules.TooOld(keptMonths));
        else if (given > today.AddDays(TelemetryOptions.Ahead.Days))
            Fail(field, TelemetryRules.TooNew);
    }

    public void Fail(string? field, string rule)
    {
        _failures++;
        var row = string.Create(CultureInfo.InvariantCulture, $"[{_row}]");
        context.AddFailure(field is null ? row : $"{row}.{field}", rule);
    }
}

/// <summary>The bounds of a batch.</summary>
internal static class TelemetryRules
{
    /// <summary>Rows of one batch.</summary>
    public const int MostRows = 10_000;

    /// <summary>After so many broken rules the rest of the batch is not looked at.</summary>
    public const int MostFailures = 100;

    /// <summary>Bytes of a JSON object of the sender's own.</summary>
    public const int MostJson = 16 * 1024;

    public const string TooNew = "It is more than a day ahead of the clock.";

    public static string TooMany { get; } =
        string.Create(CultureInfo.InvariantCulture, $"A batch holds at most {MostRows:N0} rows; send several.");

    public static string TooOld(int keptMonths) => $"It is older than the {keptMonths} months that are kept.";

    public static string Needed(int most) => $"It has 1 to {most} characters, and no null character.";

    public static string AtMost(int most) => $"It has at most {most} characters, and no null character.";
}
