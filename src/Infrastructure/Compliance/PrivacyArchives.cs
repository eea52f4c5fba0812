using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Domain.Compliance;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>
/// One zip of everything held on a person: <c>data.json</c> for programs, <c>index.html</c> for people, and the proof
/// of what was agreed. Streamed: its size is that of what is held, its memory is not.
/// </summary>
internal sealed partial class PrivacyArchives(
    Installation installation,
    ArchiveStore store,
    LogReader log,
    TimeProvider clock,
    IServiceProvider services
) : IPrivacyArchives
{
    /// <summary>The shape of <c>data.json</c>; documented, and for ever.</summary>
    public const string Format = "schemahub-archive/1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public Task<Stream?> Open(Guid request, CancellationToken cancellation) => store.Open(request, cancellation);

    public Task<int> Purge(DateTimeOffset before, CancellationToken cancellation) => store.Purge(before, cancellation);

    public async Task<HandedOut> Make(
        string tenant,
        Guid request,
        PrivacyRight right,
        PrivacySubject about,
        bool everywhere,
        CancellationToken cancellation
    )
    {
        var subject = await ArchiveSubject.Find(installation, tenant, about, cancellation);
        var tables = new ArchiveTables(installation, tenant, subject, right, everywhere, cancellation);
        var all = await tables.All();
        await using var sink = await store.Begin(tenant, request, cancellation);
        await using (
            var zip = await ZipArchive.CreateAsync(
                sink,
                ZipArchiveMode.Create,
                leaveOpen: true,
                Encoding.UTF8,
                cancellation
            )
        )
        {
            var history = await History(tenant, subject, right, cancellation);
            await Add(zip, "data.json", file => WriteJson(file, tenant, subject, right, tables, all, history));
            if (right == PrivacyRight.Access)
            {
                await Add(zip, "index.html", file => WritePage(file, subject, tables, all, history));
                if (subject is { Kind: SubjectKind.Contact, Number: not null })
                    await Add(zip, "proof.json", file => WriteProof(file, tenant, subject));
            }

            async Task Add(ZipArchive into, string name, Func<StreamWriter, Task> write)
            {
                var entry = into.CreateEntry(name, CompressionLevel.Optimal);
                entry.LastWriteTime = clock.GetUtcNow();
                await using var stream = await entry.OpenAsync(cancellation);
                await using var text = new StreamWriter(stream, new UTF8Encoding(false));
                await write(text);
            }
        }

        return await sink.Complete();

        async Task WriteProof(StreamWriter file, string whose, ArchiveSubject of) =>
            await file.WriteAsync(
                await services.GetRequiredService<IProofs>().Prove(whose, of.Id, [], ProofReader.Subject, cancellation)
            );
    }

    private async Task WriteJson(
        StreamWriter file,
        string tenant,
        ArchiveSubject subject,
        PrivacyRight right,
        ArchiveTables tables,
        IReadOnlyList<ArchiveTable> all,
        IReadOnlyList<JsonObject> history
    )
    {
        // Not flushed before: an entry that is flushed while it is empty writes before its own header, and a reader of
        // a stream finds no archive there.
        await using var json = new Utf8JsonWriter(file.BaseStream, Indented);
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("right", PrivacyWords.Of(right));
        json.WriteString("madeAt", clock.GetUtcNow().UtcDateTime);
        json.WriteString("organizationId", tenant == Tenant.System ? null : tenant);
        json.WriteStartObject("subject");
        json.WriteString("kind", PrivacyWords.Of(subject.Kind));
        json.WriteString("email", subject.Email);
        json.WriteEndObject();
        json.WriteStartArray("tables");
        foreach (var table in all)
            await WriteTable(json, tables, table);

        json.WriteEndArray();
        json.WriteStartArray("history");
        foreach (var happened in history)
            happened.WriteTo(json);

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync();
    }

    private static async Task WriteTable(Utf8JsonWriter json, ArchiveTables tables, ArchiveTable table)
    {
        var begun = false;
        await foreach (var row in tables.Rows(table))
        {
            if (!begun)
                Begin(json, table);

            begun = true;
            json.WriteRawValue(row);
            await json.FlushAsync();
        }

        if (!begun)
            return;

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Begin(Utf8JsonWriter json, ArchiveTable table)
    {
        json.WriteStartObject();
        json.WriteString("table", table.Name);
        json.WriteStartArray("columns");
        foreach (var column in table.Columns.Where(column => column.IsPersonal))
        {
            json.WriteStartObject();
            json.WriteString("name", column.Column);
            json.WriteString("origin", column.Origin);
            json.WriteString("atErasure", column.AtErasure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
    }

    private static async Task WritePage(
        StreamWriter file,
        ArchiveSubject subject,
        ArchiveTables tables,
        IReadOnlyList<ArchiveTable> all,
        IReadOnlyList<JsonObject> history
    )
    {
        await file.WriteAsync(ArchivePage.Head(subject.Email));
        foreach (var table in all)
        {
            var begun = false;
            await foreach (var row in tables.Rows(table))
            {
                if (!begun)
                    await file.WriteAsync(ArchivePage.Begin(table));

                begun = true;
                await file.WriteAsync(ArchivePage.Row(table, row));
            }

            if (begun)
                await file.WriteAsync(ArchivePage.End);
        }

        await file.WriteAsync(ArchivePage.History(history));
        await file.WriteAsync(ArchivePage.Foot);
    }

    // What happened to an account is the organizations' audit, which has rows; what a contact said is the evidence.
    private async Task<IReadOnlyList<JsonObject>> History(
        string tenant,
        ArchiveSubject subject,
        PrivacyRight right,
        CancellationToken cancellation
    )
    {
        if (right != PrivacyRight.Access || subject.Kind != SubjectKind.Contact)
            return [];

        var stream = await log.Read(tenant, subject.Id, cancellation);
        return
        [
            .. stream.Events.Select(recorded => new JsonObject
            {
                ["position"] = recorded.Sequence,
                ["recordedAt"] = recorded.RecordedAt.UtcDateTime,
                ["event"] = recorded.Name,
                ["data"] = WithoutSecrets(JsonSerializer.SerializeToNode(recorded.Data, recorded.Data.GetType(), Json)),
            }),
        ];
    }

    // The links of mails open something, or did.
    private static JsonNode? WithoutSecrets(JsonNode? data)
    {
        if (data is JsonObject fields)
        {
            foreach (var name in fields.Select(field => field.Key).Where(name => Secret().IsMatch(name)).ToList())
                fields.Remove(name);
        }

        return data;
    }

    [GeneratedRegex("token|hash|secret|password", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Secret();
}
