using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SchemaHub.Benchmarks;

/// <summary>
/// One connection that asks the same again and again, and does as little as it can: what the client takes of the
/// machine, the service does not have.
/// </summary>
internal sealed class KeepAlive : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _request;
    private readonly byte[] _answer = new byte[16 * 1024];

    private KeepAlive(byte[] request) => _request = request;

    private static ReadOnlySpan<byte> Ok => "HTTP/1.1 200"u8;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    private static ReadOnlySpan<byte> Length => "Content-Length: "u8;

    private static ReadOnlySpan<byte> Chunked => "Transfer-Encoding: chunked"u8;

    private static ReadOnlySpan<byte> LastChunk => "\r\n0\r\n\r\n"u8;

    public static async Task<KeepAlive> Open(Uri service, string path, string? key)
    {
        var authorization = key is null ? "" : $"Authorization: Bearer {key}\r\n";
        var connection = new KeepAlive(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {service.Authority}\r\n{authorization}\r\n")
        );
        await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, service.Port));
        return connection;
    }

    /// <summary>Asks, and reads the answer to its end.</summary>
    /// <exception cref="InvalidOperationException">It is not 200.</exception>
    public async Task Ask()
    {
        await _socket.SendAsync(_request);
        var read = 0;
        while (!IsWhole(_answer.AsSpan(0, read)))
        {
            var more = await _socket.ReceiveAsync(_answer.AsMemory(read));
            if (more == 0)
                throw new InvalidOperationException("The connection was closed.");

            read += more;
        }

        if (!_answer.AsSpan().StartsWith(Ok))
            throw new InvalidOperationException(Encoding.UTF8.GetString(_answer, 0, read));
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf(HeadEnd);
        if (head < 0)
            return false;

        var at = answer[..head].IndexOf(Length);
        if (at < 0)
            return answer[..head].IndexOf(Chunked) >= 0 && answer.EndsWith(LastChunk);

        return Utf8Parser.TryParse(answer[(at + Length.Length)..], out int length, out _)
            && answer.Length == head + HeadEnd.Length + length;
    }
}
