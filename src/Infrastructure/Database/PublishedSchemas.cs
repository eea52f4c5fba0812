using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// The five published schemas, each switched on or off. One that is off is neither made nor written, and nobody may
/// look at what it held; switched on it is filled from the log's whole history. Every node has the same ones on.
/// </summary>
public static class PublishedSchemas
{
    /// <summary>Always on: the service's own queries and sending stand on it.</summary>
    public const string Always = "backstage";

    /// <summary>Every one there is.</summary>
    public static IReadOnlyList<string> All { get; } = [Always, "saas", "snorq", "podcast", "smarthub"];

    /// <summary>What was asked for, in the order of all.</summary>
    /// <exception cref="FormatException">A name is not known, or <c>backstage</c> is missing.</exception>
    public static IReadOnlyList<string> Parse(IReadOnlyList<string>? names)
    {
        if (names is null || names.Count == 0)
            return All;

        if (names.FirstOrDefault(name => !All.Contains(name)) is { } unknown)
            throw new FormatException(
                $"SchemaHub:Schemas names {unknown}; the published schemas are {string.Join(", ", All)}."
            );

        return names.Contains(Always)
            ? [.. All.Where(names.Contains)]
            : throw new FormatException($"SchemaHub:Schemas lacks {Always}, which the service itself stands on.");
    }

    /// <summary>
    /// Fills the schemas that were just made, changed or switched on, and lets nobody look at those that are off.
    /// </summary>
    internal static async Task Switch(Installation installation, CancellationToken cancellation)
    {
        var wereOn = await ReadOn(installation, cancellation);
        var filled = await OwedRebuilds.ReadFilled(installation, cancellation);
        foreach (var schema in Rebuild.SchemasOf(installation))
        {
            // Another program may make other rows of the same events.
            if (!filled.Contains(schema) || (All.Contains(schema) && !wereOn.Contains(schema)))
                await OwedRebuilds.Add(installation, schema, cancellation);
        }

        Interruption.At("owed");
        foreach (var schema in await OwedRebuilds.Read(installation, cancellation))
        {
            // What is there already is only compared: the rows keep their ids.
            if (await IsEmpty(installation, cancellation))
                await OwedRebuilds.Done(installation, schema, cancellation);
            else
                await new Rebuild(installation, schema).RunIfOwed(cancellation);

            Interruption.At($"filled {schema}");
        }

        foreach (var schema in All)
        {
            var isOn = installation.Schemas.Contains(schema);
            if (isOn != wereOn.Contains(schema))
                await Note(installation, schema, isOn, cancellation);
        }
    }

    private static Task<List<string>> ReadOn(Installation installation, CancellationToken cancellation) =>
        installation.Administrator.Rows(
            "select p.name from schema_migrations.published p where p.is_on",
            row => row.GetString(0),
            cancellation
        );

    private static async Task<bool> IsEmpty(Installation installation, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand("select not exists (select from events.mt_events)");
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task Note(Installation installation, string schema, bool isOn, CancellationToken cancellation)
    {
        await using var batch = installation.Administrator.CreateBatch();
        batch.Add(
            """
            insert into schema_migrations.published (name, is_on) values ($1, $2)
            on conflict (name) do update set is_on = excluded.is_on
            """,
            new NpgsqlParameter<string> { TypedValue = schema },
            new NpgsqlParameter<bool> { TypedValue = isOn }
        );
        batch.Add(
            $"""
            do $$
            begin
                if to_regnamespace('{schema}') is not null then
                    {(isOn ? "grant usage on schema" : "revoke usage on schema")} {schema}
                        {(isOn ? "to" : "from")} schemahub_app, schemahub_reader;
                end if;
            end
            $$
            """
        );
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}
