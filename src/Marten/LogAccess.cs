using Npgsql;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Marten;

/// <summary>What a program reads the log with: its connections, and the keys where it has them.</summary>
internal sealed class LogAccess : IDisposable
{
    public LogAccess(SchemaHubEventsOptions options)
    {
        Source = NpgsqlDataSource.Create(options.ConnectionString);
        Keys = options.KeysDirectory is { } directory ? new SubjectKeys(Source, KeyRing.Open(directory)) : null;
    }

    public NpgsqlDataSource Source { get; }

    public SubjectKeys? Keys { get; }

    public void Dispose()
    {
        Keys?.Dispose();
        Source.Dispose();
    }
}
