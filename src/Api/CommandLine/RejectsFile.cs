using System.Globalization;
using System.Text;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.CommandLine;

/// <summary>The rows of a file that could not be taken, as CSV: line, code, reason, and the row as it was.</summary>
internal sealed class RejectsFile(string path) : IAsyncDisposable
{
    private StreamWriter? _writer;

    public async Task Write(RejectedRow row)
    {
        if (_writer is null)
        {
            _writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            await _writer.WriteLineAsync("line,code,reason,row");
        }

        var line = row.Line.ToString(CultureInfo.InvariantCulture);
        await _writer.WriteLineAsync($"{line},{row.Code},{Quote(row.Reason)},{Quote(row.Raw)}");
    }

    public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
