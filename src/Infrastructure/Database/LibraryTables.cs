using Npgsql;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Jobs;

namespace SchemaHub.Infrastructure.Database;

/// <summary>Tables that a library makes itself, in a schema of its own, as the owner.</summary>
/// <param name="Name">The name under which the migrations know them.</param>
/// <param name="Checksum">Another one than was applied means that they have changed.</param>
/// <param name="Migrate">Makes the tables, or brings them up to this version.</param>
internal sealed record LibraryTables(
    string Name,
    Func<byte[]> Checksum,
    Func<NpgsqlConnectionStringBuilder, CancellationToken, Task> Migrate
)
{
    /// <summary>All of them. They come before the numbered files, which build on them.</summary>
    public static IReadOnlyList<LibraryTables> All { get; } =
    [
        new(LogStore.MigrationName, LogStore.Checksum, LogStore.Migrate),
        new(HangfireSchema.MigrationName, HangfireSchema.Checksum, HangfireSchema.Migrate),
    ];

    /// <summary>Connects the administrator as the owner of all tables.</summary>
    public static NpgsqlDataSource ConnectAsOwner(NpgsqlConnectionStringBuilder administrator) =>
        NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(administrator.ConnectionString)
            {
                Options = $"{administrator.Options} -c role={Roles.Owner}".TrimStart(),
                Pooling = false,
            }
        );
}
