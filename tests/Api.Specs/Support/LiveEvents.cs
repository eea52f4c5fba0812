using System.Net.ServerSentEvents;

namespace SchemaHub.Api.Specs.Support;

/// <summary>Server-sent events as .NET's own parser reads them.</summary>
public sealed class LiveEvents(HttpResponseMessage response, Stream body) : IAsyncDisposable
{
    private readonly SseParser<string> _parser = SseParser.Create(body);
    private IAsyncEnumerator<SseItem<string>>? _events;

    public string LastId => _parser.LastEventId;

    /// <summary>The data of the next event of a name; others are passed over.</summary>
    public async Task<string> Next(string name, CancellationToken cancellation)
    {
        _events ??= _parser.EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
        while (await _events.MoveNextAsync())
        {
            if (_events.Current.EventType == name)
                return _events.Current.Data;
        }

        throw new EndOfStreamException($"The stream ended before there was a {name}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_events is not null)
            await _events.DisposeAsync();

        await body.DisposeAsync();
        response.Dispose();
    }
}
