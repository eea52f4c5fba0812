using System.Globalization;
using System.Text;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.CommandLine;

/// <summary>The rows of a file that could not be taken, as CSV: line, code, reason, and the row as it was.</summary>
internal sealed class RejectsFile(string path) : IAsyncDisposable
{
    private StreamWriter? _writer;

    public async Task Write(RejectedRow row)
    {
        var text = new StringBuilder();
        if (_writer is null)
        {
            _writer = new StreamWriter(PrivateFile.Open(path, FileMode.Create), new UTF8Encoding(false));
            CsvText.AppendRow(text, ["line", "code", "reason", "row"]);
        }

        CsvText.AppendRow(text, [row.Line.ToString(CultureInfo.InvariantCulture), row.Code, row.Reason, row.Raw]);
        await _writer.WriteAsync(text);
    }

    public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? ValueTask.CompletedTask;
}
