using System.Security.Cryptography;
using System.Text;
using JasperFx;
using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The log as a Marten store: one configuration for the migration that makes Marten's tables, for the writer, and for
/// those who build on the log.
/// </summary>
public static class LogStore
{
    /// <summary>The schema of the log.</summary>
    public const string Schema = "events";

    /// <summary>The name under which the migrations know Marten's own tables and functions.</summary>
    internal const string MigrationName = $"{Schema}/marten";

    /// <summary>
    /// What stands in <c>mt_dotnet_type</c> of an event. It names no class, because an event is found by its stored
    /// name only. It is not null, because Marten names it where it does not know the stored name.
    /// </summary>
    internal static string DotNetTypeOf(string storedName) => $"schemahub:{storedName}";

    /// <summary>Sets what every store on the log has to agree on.</summary>
    public static void Configure(StoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // Only `migrate` changes tables.
        options.AutoCreateSchemaObjects = AutoCreate.None;
        options.DatabaseSchemaName = Schema;
        options.Events.DatabaseSchemaName = Schema;
        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Events.TenancyStyle = TenancyStyle.Conjoined;
        // Despite its name: of the quick modes it is the one in which an event's time is the writer's.
        options.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        options.Events.MetadataConfig.HeadersEnabled = true;
        options.Events.MetadataConfig.CorrelationIdEnabled = true;
        options.Events.MetadataConfig.CausationIdEnabled = true;
    }

    /// <summary>The store that the writer of the log opens its sessions from.</summary>
    internal static DocumentStore OfWriter(NpgsqlDataSource writer) =>
        DocumentStore.For(options =>
        {
            options.Connection(writer);
            ConfigureWriter(options);
            options.Serializer(new EncodedEventSerializer());
            // A batch is one round trip, whatever its size.
            options.UpdateBatchSize = int.MaxValue;
            // A batch is never repeated by Marten: whether it was stored is found out first.
            options.ConfigurePolly(_ => { });
            options.ConfigureWritePolly(_ => { });
        });

    /// <summary>
    /// Of the SQL of Marten's tables and functions: another one than was applied means that they have changed.
    /// </summary>
    internal static byte[] Checksum()
    {
        using var store = DocumentStore.For(options =>
        {
            options.Connection("Host=localhost");
            ConfigureWriter(options);
        });
        return SHA256.HashData(Encoding.UTF8.GetBytes(store.Storage.ToDatabaseScript()));
    }

    /// <summary>Makes Marten's tables and functions as the owner, or brings them up to this version.</summary>
    internal static async Task Migrate(NpgsqlConnectionStringBuilder administrator, CancellationToken cancellation)
    {
        await using var owner = LibraryTables.ConnectAsOwner(administrator);
        await using var store = DocumentStore.For(options =>
        {
            options.Connection(owner);
            ConfigureWriter(options);
        });
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate);
    }

    private static void ConfigureWriter(StoreOptions options)
    {
        Configure(options);
        // Without a registered event Marten makes no tables for events.
        options.Events.AddEventType<EncodedEvent>();
    }
}
