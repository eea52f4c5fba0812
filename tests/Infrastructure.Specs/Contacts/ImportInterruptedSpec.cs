using System.Text;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>However often an import stops, and wherever it runs, it comes to the same.</summary>
public sealed class ImportInterruptedSpec
{
    private const int Rows = 9_500;

    private static readonly string Csv = ImportLists.Long(Rows);

    private TestService _service = null!;
    private Guid _whole;
    private ImportResult _inOneRun = null!;

    /// <summary>How an import is stopped.</summary>
    public enum Stop
    {
        Cancelled,
        ProgressFails,
        RejectsFail,
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _whole = await _service.CreateOrganization("whole");
        _inOneRun = await _service.Import(_whole, Csv);
    }

    [OneTimeTearDown]
    public async Task End() => await _service.DisposeAsync();

    [Test]
    public async Task An_import_that_was_stopped_again_and_again_comes_to_the_same([Values] Stop stop)
    {
        var acme = await _service.CreateOrganization($"{stop}".ToLowerInvariant());
        var random = new Random((int)stop);
        var failures = new Queue<int>([1, 200, 201, 500]);
        var rejects = new List<long>();
        var stops = 0;
        while (true)
        {
            rejects.Clear();
            try
            {
                var result = await Run(acme, stop, random.Next(1, 3), failures, rejects);
                result.Counts.ShouldBe(_inOneRun.Counts);
                result.LastLine.ShouldBe(_inOneRun.LastLine);
                break;
            }
            catch (Exception interrupted) when (interrupted is OperationCanceledException or IOException)
            {
                stops++;
            }
        }

        stops.ShouldBeGreaterThan(1);
        rejects.Count.ShouldBe((int)_inOneRun.Counts.Rejected);
        rejects.ShouldBe(rejects.Order());
        (await _service.Published(acme)).ShouldBe(await _service.Published(_whole));
    }

    [Test]
    public async Task Two_nodes_that_import_one_file_at_once_double_nothing()
    {
        var acme = await _service.CreateOrganization("twins");
        await using var other = await TestService.Start(
            _service.ConnectionString,
            _service.Installation.Keys.Directory
        );

        var runs = await Task.WhenAll(Try(_service), Try(other));

        runs.ShouldContain(run => run == "finished");
        runs.ShouldAllBe(run => run == "finished" || run == "import.elsewhere");
        var again = await _service.Import(acme, Csv);
        again.WasFinished.ShouldBeTrue();
        again.Counts.ShouldBe(_inOneRun.Counts);
        (await _service.Published(acme)).ShouldBe(await _service.Published(_whole));

        async Task<string> Try(TestService node)
        {
            try
            {
                (await node.Import(acme, Csv)).Counts.ShouldBe(_inOneRun.Counts);
                return "finished";
            }
            catch (RuleBrokenException broken)
            {
                return broken.Code;
            }
        }
    }

    [Test]
    public async Task A_run_that_finds_another_ahead_of_it_stops_and_says_so()
    {
        var acme = await _service.CreateOrganization("overtaken");
        var overtaken = false;

        var broken = await Should.ThrowAsync<RuleBrokenException>(() =>
            _service.Import(
                acme,
                Csv,
                command =>
                    command with
                    {
                        // The first bad row is read before anything is written.
                        Rejects = async _ =>
                        {
                            if (!overtaken)
                                await _service.Import(acme, Csv);

                            overtaken = true;
                        },
                    }
            )
        );

        broken.Code.ShouldBe("import.elsewhere");
        broken.Message.ShouldContain($"line {Rows + 1}");
        (await _service.Published(acme)).ShouldBe(await _service.Published(_whole));
    }

    [Test]
    public async Task A_file_with_an_open_quote_keeps_its_good_rows_and_goes_on_when_it_is_mended()
    {
        var acme = await _service.CreateOrganization("quotes");
        const string good = "email,name,opt_in_at\nann@x.org,Ann,2024-01-01T00:00:00Z\n";

        var broken = await _service.Import(acme, good + "ben@x.org,\"Ben,2024-01-01T00:00:00Z\n");

        broken.Broken.ShouldNotBeNull().Line.ShouldBe(3);
        broken.Broken.Code.ShouldBe(FileCodes.Quotes);
        broken.Counts.Added.ShouldBe(1);
        var again = await _service.Import(acme, good + "ben@x.org,\"Ben,2024-01-01T00:00:00Z\n");
        (again.Counts, again.Broken, again.WasFinished).ShouldBe((broken.Counts, broken.Broken, false));

        var mended = await _service.Import(acme, good + "ben@x.org,\"Ben\",2024-01-01T00:00:00Z\n");
        mended.Counts.ShouldBe(new ImportCounts(Added: 1, Existing: 1, Consents: 1, 0, 0, 0));
        (await _service.Subscribed(acme)).ShouldBe("ann@x.org ben@x.org");
    }

    [Test]
    public async Task A_file_in_another_encoding_comes_in_once_the_encoding_is_named()
    {
        var acme = await _service.CreateOrganization("encodings");
        var file = Encoding.Latin1.GetBytes("email,name\nann@x.org,Ann\nben@x.org,Jürgen\n");

        var broken = await _service.Import(acme, file);
        broken.Broken.ShouldNotBeNull().Code.ShouldBe(FileCodes.Encoding);

        var whole = await _service.Import(
            acme,
            file,
            command => command with { Options = new ContactFileOptions(Encoding: "windows-1252") }
        );
        whole.Broken.ShouldBeNull();
        whole.Number.ShouldNotBe(broken.Number, "how a file is read is part of what comes in");
        (broken.Counts.Added + whole.Counts.Added).ShouldBe(2);
        (await _service.Published(acme))[1].ShouldContain("Jürgen");
    }

    private async Task<ImportResult> Run(
        Guid organization,
        Stop stop,
        int batches,
        Queue<int> failures,
        List<long> rejects
    )
    {
        using var cancel = new CancellationTokenSource();
        return await _service.Import(
            organization,
            Csv,
            command =>
                command with
                {
                    Rejects = row =>
                    {
                        rejects.Add(row.Line);
                        if (stop != Stop.RejectsFail || !failures.TryPeek(out var count) || rejects.Count < count)
                            return Task.CompletedTask;

                        failures.Dequeue();
                        throw new IOException("The disk is full.");
                    },
                    Progress = (_, _) =>
                    {
                        if (--batches != 0 || stop == Stop.RejectsFail)
                            return;

                        if (stop == Stop.ProgressFails)
                            throw new IOException("The terminal is gone.");

                        cancel.Cancel();
                    },
                },
            cancel.Token
        );
    }
}
