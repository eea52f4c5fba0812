using System.Globalization;

namespace SchemaHub.Faults;

/// <summary>Saves rows of the back office again and again, each time on the version before.</summary>
internal sealed class RecordLoad(LoadContext context, int seed) : Load(context, seed)
{
    private readonly List<(PromisedRecord Record, long Version)> _rows = [];
    private int _count;

    protected override TimeSpan Pause => TimeSpan.FromMilliseconds(150);

    protected override Task Step() =>
        _rows.Count == 0 || Random.Next(10) == 0 ? Create() : Replace(Random.Next(_rows.Count));

    private async Task Create()
    {
        var record = new PromisedRecord(string.Create(CultureInfo.InvariantCulture, $"partner-{++_count}"));
        Context.Promises.Records.Add(record);
        if (await Done(Ask.Change(HttpMethod.Post, "/api/v1/podcast/partners", Body(record.Name))) is not { } answer)
            return;

        record.Id = answer.Json.GetProperty("id").GetGuid();
        record.Promise("record_saved", answer.Position);
        _rows.Add((record, answer.Long("version")));
    }

    private async Task Replace(int row)
    {
        var (record, version) = _rows[row];
        var name = string.Create(CultureInfo.InvariantCulture, $"{record.Name} step {version}");
        var ask = Ask.Change(HttpMethod.Put, $"/api/v1/podcast/partners/{record.Id}", Body(name));
        if (await Done(ask with { IfMatch = version }) is not { } answer)
            return;

        record.Promise("record_saved", answer.Position);
        record.RowName = name;
        _rows[row] = (record, answer.Long("version"));
    }

    private static string Body(string name) => $$"""{"name":"{{name}}","partnerType":"network"}""";
}
