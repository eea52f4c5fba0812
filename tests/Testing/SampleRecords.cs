using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Records;

namespace SchemaHub.Testing;

/// <summary>Makes a valid record of any type, and first whatever it refers to.</summary>
/// <param name="send">Sends a command for an organization; the empty id is the operator.</param>
/// <param name="organization">Whose records they are.</param>
/// <param name="user">A member, by uuid, by number, and by the id that podcast has.</param>
public sealed class SampleRecords(
    Func<Guid, SaveRecord, Task<Position>> send,
    ITableShapes shapes,
    Guid organization,
    (Guid Id, int Number, Guid Membership) user
)
{
    private static readonly Dictionary<string, object> Special = new(StringComparer.Ordinal)
    {
        ["podcast.failover_events event_type"] = "drill",
        ["podcast.backup_records backup_type"] = "full",
        ["podcast.resource_ownership resource_id"] = Guid.Parse("0192f0c1-0000-7000-8000-00000000000a"),
        ["podcast.episodes duration_seconds"] = 10_000,
        ["saas.files file_path"] = "a/b.png",
        ["podcast.access_control_policies policy_definition"] = JsonSerializer.SerializeToElement(
            new
            {
                effect = "deny",
                actions = new[] { "contacts:erase", "podcasts:*" },
                resources = new[] { "podcast.episodes", "*" },
                conditions = new { ip = "ü\n" },
            }
        ),
    };

    private readonly Dictionary<string, string> _parents = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Whose the records of a type are: the organization's, or the operator's.</summary>
    public Guid TenantOf(RecordType type) =>
        type.Scope is RecordScope.Everybody or RecordScope.Operator ? Guid.Empty : organization;

    /// <summary>A record that is not saved yet; what it refers to is.</summary>
    /// <param name="whole">With all that can be left out, too.</param>
    public async Task<object> Make(RecordType type, bool whole = true)
    {
        var number = ++_count;
        var shape = await shapes.Of(type, CancellationToken.None);
        var constructor = type.Row.GetConstructors()[0];
        var values = new List<object?>();
        foreach (var parameter in constructor.GetParameters())
        {
            var column = type.Columns.Single(one => one.Property.Name == parameter.Name);
            var reference = shape.References.FirstOrDefault(one => one.Columns[0] == column.Name);
            var isLeftOut = parameter.HasDefaultValue && !column.IsKeyPart && !whole;
            values.Add(
                isLeftOut ? parameter.DefaultValue
                : reference is not null ? await Parent(reference.Target, column.Type)
                : parameter.DefaultValue is string text ? text
                : Value(type, column, number)
            );
        }

        return constructor.Invoke([.. values]);
    }

    /// <summary>Saves a new one; answers its id and version.</summary>
    public async Task<(string Id, long Version, object Row)> Save(RecordType type, bool whole = true)
    {
        var command = new SaveRecord(type.Name, await Make(type, whole));
        var position = await send(TenantOf(type), command);
        return (command.IdOf(organization.ToString(), position), position.Version, command.Row);
    }

    private async Task<object> Parent(string table, Type type)
    {
        if (RecordCatalogue.Find(table) is not { } parent)
            return type == typeof(int) ? user.Number
                : table == "podcast.users" ? user.Membership
                : user.Id;

        if (!_parents.TryGetValue(table, out var id))
            _parents[table] = id = (await Save(parent)).Id;

        return type == typeof(int) ? int.Parse(id, CultureInfo.InvariantCulture)
            : type == typeof(string) ? id
            : Guid.Parse(id);
    }

    private static object? Value(RecordType type, RecordColumn column, int number)
    {
        var day = new DateOnly(2026, 3, 1);
        return Special.TryGetValue($"{type.Name} {column.Name}", out var special) ? special
            : column.Name is "skipped_at" or "paid_at" ? null
            : column.Type == typeof(string) ? Text(column.Name, number)
            : column.Type == typeof(Guid) ? Guid.CreateVersion7()
            : column.Type == typeof(bool) ? false
            : column.Type == typeof(int) ? number
            : column.Type == typeof(long) ? 5_000_000_000L + number
            : column.Type == typeof(decimal) ? 0.5m
            : column.Type == typeof(DateOnly) ? day
            : column.Type == typeof(DateTimeOffset) ? new DateTimeOffset(day, new TimeOnly(12, 0), TimeSpan.Zero)
            : JsonSerializer.SerializeToElement(column.Otherwise == "[]" ? (object)new[] { "a" } : new { a = "ü\n" });
    }

    private static string Text(string column, int number)
    {
        var n = number.ToString(CultureInfo.InvariantCulture);
        return column switch
        {
            "currency" => "EUR",
            "language" => "pt-BR",
            "primary_color" or "color" => "#a0B1c2",
            "custom_domain" => "listen.example.com",
            "mime_type" => "image/png",
            _ when column.EndsWith("_url", StringComparison.Ordinal) => $"https://example.com/{n}?a=ü",
            _ when column.EndsWith("_email", StringComparison.Ordinal) => $"ann{n}@example.com",
            _ => $"Größe {n} 'q'",
        };
    }
}

/// <summary>Samples on a service.</summary>
public static class SampleRecordsExtensions
{
    /// <summary>Makes records of an organization whose owner is the member they name.</summary>
    public static async Task<SampleRecords> Samples(this TestService service, Guid organization)
    {
        await using var command = service.Installation.Administrator.CreateCommand(
            "select m.user_id, m.user_number, m.id from access.memberships m where m.organization_id = $1 limit 1"
        );
        command.Parameters.AddWithValue(organization);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new SampleRecords(
            (tenant, save) => service.Send(tenant, save),
            service.Services.GetRequiredService<ITableShapes>(),
            organization,
            (reader.GetGuid(0), reader.GetInt32(1), reader.GetGuid(2))
        );
    }
}
