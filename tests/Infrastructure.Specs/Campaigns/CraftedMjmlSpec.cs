using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Whatever MJML says, it is answered as MJML that is well or broken, and it reads no file.</summary>
public sealed class CraftedMjmlSpec
{
    private MjmlCompiler _mjml = null!;

    [OneTimeSetUp]
    public void FindNode()
    {
        if (new MjmlOptions().Find() is null)
            Assert.Ignore("The mjml package is not installed: npm ci in src/Mjml.");

        _mjml = new MjmlCompiler(new MjmlOptions { TimeoutSeconds = 60 });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_mjml is not null)
            await _mjml.DisposeAsync();
    }

    [Test]
    public async Task No_include_of_any_form_is_taken()
    {
        foreach (var mjml in CraftedMjml.Includes)
        {
            var compiled = await _mjml.Compile(mjml, Guid.Empty, CancellationToken.None);

            compiled.Html.ShouldBeNull(mjml);
            compiled
                .Problems.ShouldHaveSingleItem()
                .Message.StartsWith("<mj-include> is not supported", StringComparison.Ordinal)
                .ShouldBeTrue(mjml);
        }
    }

    [Test]
    public async Task The_compiler_takes_no_include_even_where_it_is_asked_directly()
    {
        using var worker = await MjmlWorker.Start(new MjmlOptions(), CancellationToken.None);
        foreach (var mjml in CraftedMjml.Includes)
        {
            var request = System.Text.Json.JsonSerializer.Serialize(new { mjml });

            (await worker.Ask(request, CancellationToken.None)).GetRawText().ShouldNotContain(CraftedMjml.InFile);
        }
    }

    [Test]
    public async Task Every_other_crafted_template_is_compiled_or_refused()
    {
        foreach (var mjml in CraftedMjml.Others)
        {
            var compiled = await _mjml.Compile(mjml, Guid.Empty, CancellationToken.None);

            var shown = mjml.Length > 200 ? mjml[..200] : mjml;
            (compiled.Html is null).ShouldBe(compiled.Problems.Count > 0, shown);
            foreach (var problem in compiled.Problems)
                problem.Message.ShouldNotBeNullOrWhiteSpace(shown);
        }
    }

    [Test]
    public async Task What_is_too_much_is_refused_by_its_budget()
    {
        foreach (var (mjml, budget) in CraftedMjml.Costly)
            (
                await Should.ThrowAsync<TemplateTooCostlyException>(() =>
                    _mjml.Compile(mjml, Guid.Empty, CancellationToken.None)
                )
            ).Budget.ShouldBe(budget);
    }

    [Test]
    public async Task A_caller_who_leaves_ends_the_process_and_keeps_no_place()
    {
        await using var hanging = new MjmlFolder(
            "console.log('{\"ready\":true}'); process.stdin.once('data', () => {}); setInterval(() => {}, 1000)"
        );
        await using var mjml = new MjmlCompiler(
            new MjmlOptions
            {
                Directory = hanging.Path,
                Workers = 1,
                TimeoutSeconds = 60,
            }
        );
        for (var i = 0; i < 3; i++)
        {
            using var leaving = new CancellationTokenSource();
            var compiling = mjml.Compile("<mjml></mjml>", Guid.Empty, leaving.Token);
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(compiling);
        }

        mjml.IdleProcesses.ShouldBeEmpty();
    }

    [Test]
    public async Task Four_slow_templates_of_one_organization_leave_another_served()
    {
        // Slow is what says so: it is answered once the file is there.
        await using var folder = new MjmlFolder(
            """
            import { createInterface } from 'node:readline'
            import { existsSync } from 'node:fs'
            process.stdout.write('{"ready":true}\n')
            for await (const line of createInterface({ input: process.stdin })) {
              while (line.includes('slow') && !existsSync('go')) await new Promise((done) => setTimeout(done, 20))
              process.stdout.write('{"html":"done"}\n')
            }
            """
        );
        await using var mjml = new MjmlCompiler(
            new MjmlOptions
            {
                Directory = folder.Path,
                Workers = 2,
                TimeoutSeconds = 60,
            }
        );
        var (greedy, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var slow = Enumerable
            .Range(0, 4)
            .Select(_ => mjml.Compile("<!--slow-->", greedy, CancellationToken.None))
            .ToList();

        for (var i = 0; i < 3; i++)
            (await mjml.Compile("<mjml></mjml>", other, CancellationToken.None)).Html.ShouldBe("done");

        slow.ShouldAllBe(one => !one.IsCompleted);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "go"), "");
        (await Task.WhenAll(slow)).ShouldAllBe(compiled => compiled.Html == "done");
        mjml.IdleProcesses.Count.ShouldBeLessThanOrEqualTo(2);
    }

    /// <summary>A folder with a worker of a spec's own.</summary>
    private sealed class MjmlFolder : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("schemahub-mjml-");

        public MjmlFolder(string program)
        {
            _folder.CreateSubdirectory("node_modules/mjml");
            File.WriteAllText(System.IO.Path.Combine(Path, "node_modules/mjml/package.json"), "{}");
            File.WriteAllText(System.IO.Path.Combine(Path, "worker.mjs"), program);
        }

        public string Path => _folder.FullName;

        public ValueTask DisposeAsync()
        {
            _folder.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
