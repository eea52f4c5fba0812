using JasperFx;
using JasperFx.Core;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Infrastructure.EventLog;
using Weasel.Core;
using Weasel.Core.Migrations;
using Weasel.Postgresql;

namespace SchemaHub.Marten;

/// <summary>For programs that are built on SchemaHub's event log.</summary>
public static class SchemaHubEvents
{
    /// <summary>
    /// Registers a Marten store on the log: all event types under their stored names, live aggregation, LINQ over
    /// events, and projections and subscriptions of your own, kept by Marten's daemon. It never changes the log's
    /// tables; your own are made by <see cref="CreateOwnTables"/>.
    /// </summary>
    /// <returns>Marten's own builder: go on with <c>AddAsyncDaemon</c>.</returns>
    public static MartenServiceCollectionExtensions.MartenConfigurationExpression AddSchemaHubEvents(
        this IServiceCollection services,
        Action<SchemaHubEventsOptions> configure
    )
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SchemaHubEventsOptions();
        configure(options);
        options.Check();
        services.AddSingleton(_ => new LogAccess(options));
        return services.AddMarten(provider =>
        {
            var store = new StoreOptions();
            Configure(store, options, provider.GetRequiredService<LogAccess>());
            return store;
        });
    }

    /// <summary>
    /// Makes the tables of your own documents in your schema, or brings them up to date. The log's are never looked at:
    /// to a login that does not own them they would seem to lack their keys.
    /// </summary>
    public static async Task CreateOwnTables(this IDocumentStore store, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var own = store.Storage.AllObjects().Where(one => one.Identifier.Schema != LogStore.Schema).ToArray();
        var migrator = new PostgresqlMigrator();
        await using var connection = store.Storage.Database.CreateConnection();
        await connection.OpenAsync(cancellation);
        var migration = await SchemaMigration.DetermineAsync(connection, migrator, cancellation, own);
        var log = (IMigrationLogger)store.Options;
        await migrator.ApplyAllAsync(connection, migration, AutoCreate.CreateOrUpdate, log, cancellation);
    }

    private static void Configure(StoreOptions store, SchemaHubEventsOptions options, LogAccess access)
    {
        LogStore.Configure(store);
        store.Connection(access.Source);
        store.DatabaseSchemaName = options.Schema;
        foreach (var stored in EventCodec.Catalogue.Values)
            store.Events.MapEventType(stored.Type, stored.Name);

        store.Serializer(
            new EventSerializer(access.Keys) { EnumStorage = EnumStorage.AsString, Casing = Casing.CamelCase }
        );

        // An event that this version does not know stops a projection: update the package, and it goes on.
        store.Projections.Errors.SkipUnknownEvents = false;
        store.Projections.RebuildErrors.SkipUnknownEvents = false;
        // The log is written by one writer at a time, in the order of its positions: a hole in them never fills, and
        // need not be waited for.
        store.Projections.StaleSequenceThreshold = 100.Milliseconds();
        store.Projections.FastPollingTime = 50.Milliseconds();
        store.Projections.SlowPollingTime = 250.Milliseconds();
        options.Store(store);
    }
}

/// <summary>How a program reads the log.</summary>
public sealed class SchemaHubEventsOptions
{
    /// <summary>The login that <c>schemahub builder create</c> made.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The schema that the login owns, for your own tables.</summary>
    public string Schema { get; set; } = "";

    /// <summary>
    /// The service's keys (<c>SCHEMAHUB_KEYS</c>), where this program may read what is personal. Without them, as with
    /// erased persons, personal properties are null.
    /// </summary>
    public string? KeysDirectory { get; set; }

    /// <summary>Adds your projections, subscriptions and documents.</summary>
    public Action<StoreOptions> Store { get; set; } = _ => { };

    internal void Check()
    {
        if (ConnectionString.Length == 0)
            throw new InvalidOperationException("ConnectionString is missing: `schemahub builder create` prints one.");

        if (Schema.Length == 0 || Schema == LogStore.Schema)
            throw new InvalidOperationException("Schema is missing: it is the one that your login owns.");
    }
}
