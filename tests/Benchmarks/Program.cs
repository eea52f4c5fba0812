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

// First, because its memory is the peak of the whole process.
if (options.Wants("import", "as-of"))
    await ImportedList.Measure(server, options, report);

if (options.Wants("append-1", "append-32", "append-256", "append-32-keyed"))
    await Appends.Measure(server, options, report);

if (options.Wants("append-direct-1", "append-direct-32", "append-direct-256"))
    await Appends.MeasureDirect(server, options, report);

if (options.Wants("marten-plain-32"))
    await PlainMarten.MeasureAppends(server, options, report);

if (options.Wants("marten-load"))
    await PlainMarten.MeasureLoads(server, options, report);

if (options.Wants("change-32"))
    await Changes.Measure(server, options, report);

if (options.Wants("rebuild"))
    await Rebuilds.Measure(server, options, report);

if (options.Wants("replay"))
    await Replays.Measure(server, options, report);

if (options.Wants("ingest"))
    await Ingestion.Measure(server, options, report);

if (options.Wants("rollup"))
    await Rollups.Measure(server, options, report);

if (options.Wants("record-32"))
    await RecordSaves.Measure(server, options, report);

if (options.Wants("record-page"))
    await RecordSaves.MeasurePages(server, options, report);

if (options.Wants("send"))
    await Sends.Measure(server, options, report);

if (options.Wants("enqueue-1", "enqueue-8", "process"))
    await JobRates.Measure(server, options, report);

if (options.Wants("auth-request", "auth-bare", "auth-key", "auth-decision", "auth-revocation"))
    await Auth.Measure(server, options, report);

if (options.Wants("plain-quartz"))
    await PlainQuartz.Measure(server, options, report);

await Console.Out.WriteLineAsync(options.Json ? report.ToJson() : report.ToTable());
return 0;
