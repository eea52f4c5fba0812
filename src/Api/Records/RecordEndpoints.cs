using SchemaHub.Application.Records;

namespace SchemaHub.Api.Records;

/// <summary>The back-office tables: the same few routes for each line of the catalogue.</summary>
internal static class RecordEndpoints
{
    /// <summary>Adds the routes of all records.</summary>
    /// <param name="schemas">The published schemas that are on.</param>
    public static void MapRecords(this IEndpointRouteBuilder api, IReadOnlyList<string> schemas)
    {
        var mapped = RecordCatalogue.All.Where(type => type.Scope != RecordScope.Operator);
        foreach (var type in mapped.Where(type => schemas.Contains(type.Schema)))
        {
            var kind = type.HasNumber ? typeof(NumberedRoutes<>) : typeof(NamedRoutes<>);
            var routes = (IRecordRoutes)Activator.CreateInstance(kind.MakeGenericType(type.Row), type)!;
            routes.Map(api.MapGroup(PathOf(type)).WithTags(type.Schema));
        }
    }

    /// <summary>Where a table's records are.</summary>
    public static string PathOf(RecordType type) => $"/{type.Schema}/{type.Table.Replace('_', '-')}";
}

/// <summary>The routes of one record.</summary>
internal interface IRecordRoutes
{
    /// <summary>Adds them to the group of the record's address.</summary>
    void Map(RouteGroupBuilder records);
}

/// <summary>That a route's <c>key</c> is a number.</summary>
internal sealed record NumberedKey;

/// <summary>A record as published.</summary>
/// <param name="Id">In the style of its table.</param>
/// <param name="Row">What people write of it; to replace it, send this.</param>
/// <param name="CreatedAt">When it was first saved; null where its table does not say.</param>
/// <param name="UpdatedAt">When it was last saved; null where its table does not say.</param>
internal sealed record Published<T>(string Id, T Row, DateTimeOffset? CreatedAt, DateTimeOffset? UpdatedAt)
    where T : class;

/// <summary>A record as published, of a table whose ids are numbers.</summary>
/// <param name="Id">The number that its table and everything that refers to it has.</param>
/// <param name="Row">What people write of it; to replace it, send this.</param>
/// <param name="CreatedAt">When it was first saved; null where its table does not say.</param>
/// <param name="UpdatedAt">When it was last saved; null where its table does not say.</param>
internal sealed record Numbered<T>(long Id, T Row, DateTimeOffset? CreatedAt, DateTimeOffset? UpdatedAt)
    where T : class;

/// <summary>What became of a change. The same request under the same idempotency key answers the same.</summary>
/// <param name="Id">The record.</param>
/// <param name="Version">Its version after the change.</param>
/// <param name="Position">Where in the log the change lies; null where nothing had to change.</param>
internal sealed record RecordChanged(string Id, long Version, long? Position);
