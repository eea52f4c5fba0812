using SchemaHub.Benchmarks;

if (args is [SinkProcess.Verb])
{
    await SinkProcess.Serve();
    return 0;
}

if (BenchmarkOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchmarkOptions.Usage);
    return 2;
}

await using var server = await BenchmarkServer.Start();
var report = new Report(await server.Describe());

(string[] Figures, Func<BenchmarkServer, BenchmarkOptions, Report, Task> Measure)[] all =
[
    // First, because its memory is the peak of the whole process.
    (["import", "as-of"], ImportedList.Measure),
    (["append-1", "append-32", "append-256", "append-32-keyed"], Appends.Measure),
    (["append-direct-1", "append-direct-32", "append-direct-256"], Appends.MeasureDirect),
    (["marten-plain-32"], PlainMarten.MeasureAppends),
    (["marten-load"], PlainMarten.MeasureLoads),
    (["change-32"], Changes.Measure),
    (["rebuild"], Rebuilds.Measure),
    (["replay"], Replays.Measure),
    (["ingest"], Ingestion.Measure),
    (["rollup"], Rollups.Measure),
    (["record-32"], RecordSaves.Measure),
    (["record-page"], RecordSaves.MeasurePages),
    (["send"], Sends.Measure),
    (["enqueue-1", "enqueue-8", "process"], JobRates.Measure),
    (["auth-request", "auth-bare", "auth-key", "auth-decision", "auth-revocation"], Auth.Measure),
];
foreach (var (figures, measure) in all)
{
    if (options.Wants(figures))
        await measure(server, options, report);
}

await Console.Out.WriteLineAsync(options.Json ? report.ToJson() : report.ToTable());
return 0;
