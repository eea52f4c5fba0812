using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Http;

/// <summary>That a route answers a list, and what its readers may rely on.</summary>
/// <param name="By">The order, such as <c>newest first</c>.</param>
internal sealed record ListOrder(string By)
{
    /// <summary>Items of a page where the reader names no number.</summary>
    public int Default { get; init; } = 50;

    /// <summary>Items that a page has at most.</summary>
    public int Most { get; init; } = Page<object>.MostItems;

    /// <summary>Why it is short enough to come at once; null where it is paged.</summary>
    public string? Whole { get; init; }

    /// <summary>How it is filtered, where that is not by its query parameters one by one.</summary>
    public string? Filters { get; init; }

    /// <summary>It comes in pages.</summary>
    public bool IsPaged => Whole is null;
}

/// <summary>Shorthands for routes.</summary>
internal static class ListOrderExtensions
{
    /// <summary>Says in which order a list comes; its filters and page size are described with it.</summary>
    public static RouteHandlerBuilder InOrder(this RouteHandlerBuilder route, string by) =>
        route.WithMetadata(new ListOrder(by));

    /// <summary>The same for a list that comes as a whole.</summary>
    /// <param name="why">Why it is short.</param>
    public static RouteHandlerBuilder InOrderAtOnce(this RouteHandlerBuilder route, string by, string why) =>
        route.WithMetadata(new ListOrder(by) { Whole = why });
}
