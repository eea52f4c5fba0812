using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>
/// Months that have a partition. A job makes those ahead; one that an old, still accepted row needs is made when the
/// first such row comes.
/// </summary>
internal sealed class KnownMonths(Installation installation)
{
    private readonly ConcurrentDictionary<(string Table, DateOnly Month), bool> _known = new();

    public async Task Ensure(string table, IReadOnlySet<DateOnly> months, CancellationToken cancellation)
    {
        foreach (var month in months)
        {
            if (_known.ContainsKey((table, month)))
                continue;

            await Make(table, month, cancellation);
            _known[(table, month)] = true;
        }
    }

    public void Forget(string table)
    {
        foreach (var known in _known.Keys.Where(known => known.Table == table))
            _known.TryRemove(known, out _);
    }

    private async Task Make(string table, DateOnly month, CancellationToken cancellation)
    {
        // Asking first, since making locks the table for a moment.
        await using var command = installation.Writer.CreateCommand(
            "select case when to_regclass($1) is null then podcast.make_partitions($2, $2) else 0 end"
        );
        var partition = month.ToString("yyyy_MM", CultureInfo.InvariantCulture);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"podcast.{table}_{partition}" });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = month });
        await command.ExecuteScalarAsync(cancellation);
    }
}
