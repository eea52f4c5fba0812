using System.Globalization;
using System.Text;
using SchemaHub.Testing;

namespace SchemaHub.Benchmarks;

/// <summary>
/// A batch of listener events that is new each time it is asked for: only its ids change, since making rows is not what
/// is measured.
/// </summary>
internal sealed class EventBatch
{
    public const string Type = "play";

    private const int IdDigits = 12;

    private readonly (string Id, BatchRow Row)[] _rows;
    private readonly byte[] _body;
    private readonly int[] _places;
    private long _next;

    public EventBatch(TestPodcast podcast, int rows, int sender)
    {
        Tenant = podcast.Tenant;
        Rows = rows;
        var now = TimeProvider.System.GetUtcNow();
        var body = new StringBuilder("[");
        _rows = new (string, BatchRow)[rows];
        _places = new int[rows];
        _next = sender * 1_000_000_000L;
        for (var i = 0; i < rows; i++)
        {
            var id = Guid.CreateVersion7(now).ToString()[..^IdDigits];
            // Of the last hour and a half, in no order, as listeners' players tell them.
            var at = now.AddSeconds(-(i * 7919L % 5_400));
            var row = new BatchRow(
                Guid.Empty,
                podcast.Episodes[i % podcast.Episodes.Count],
                string.Create(CultureInfo.InvariantCulture, $"listener-{i * 31 % 2_000:x8}"),
                string.Create(CultureInfo.InvariantCulture, $$"""{"position":{{i % 3_600}},"player":"Antenna 4.2"}"""),
                at.UtcDateTime
            );
            _rows[i] = (id, row);
            body.Append(i == 0 ? "" : ",").Append("{\"id\":\"").Append(id);
            _places[i] = body.Length;
            body.Append('0', IdDigits)
                .Append(CultureInfo.InvariantCulture, $"\",\"episodeId\":\"{row.Episode}\",\"eventType\":\"{Type}\"")
                .Append(CultureInfo.InvariantCulture, $",\"occurredAt\":\"{at:yyyy-MM-ddTHH:mm:ss.ffffffZ}\"")
                .Append(CultureInfo.InvariantCulture, $",\"listenerId\":\"{row.Listener}\",\"eventData\":{row.Data}}}");
        }

        _body = Encoding.ASCII.GetBytes(body.Append(']').ToString());
    }

    public Guid Tenant { get; }

    public int Rows { get; }

    /// <summary>The same rows under new ids, as JSON.</summary>
    public byte[] NextBody()
    {
        foreach (var place in _places)
            _next++.TryFormat(_body.AsSpan(place), out _, "x12", CultureInfo.InvariantCulture);

        return _body;
    }

    /// <summary>The same rows under new ids.</summary>
    public IEnumerable<BatchRow> NextRows()
    {
        var id = new char[36];
        foreach (var (start, row) in _rows)
        {
            start.CopyTo(id);
            _next++.TryFormat(id.AsSpan(start.Length), out _, "x12", CultureInfo.InvariantCulture);
            yield return row with
            {
                Id = Guid.Parse(id),
            };
        }
    }
}

/// <summary>A row as it is copied.</summary>
internal sealed record BatchRow(Guid Id, Guid Episode, string Listener, string Data, DateTime At);
