namespace SchemaHub.Benchmarks;

/// <summary>A long list on its way in, and then the question who of it could be written to.</summary>
internal static class ImportedList
{
    private const int Contacts = 1_000_000;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var site = await Site.Create(server);
        var contacts = options.Scaled(Contacts);
        // Who asks only for the question needs the list, and not its floor.
        await Imports.Measure(site, contacts, options.Wants("import") ? report : null);
        if (options.Wants("as-of"))
            await AsOf.Measure(site, contacts, report);
    }
}
