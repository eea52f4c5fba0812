using System.Diagnostics;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Campaigns;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>MJML is compiled by the real package under Node.</summary>
public sealed class MjmlSpec
{
    private const string Letter = """
        <mjml>
          <mj-head><mj-preview>News for {{name}}</mj-preview></mj-head>
          <mj-body>
            <mj-section>
              <mj-column>
                <mj-text>Hello {{name}} &amp; friends, straße 😀</mj-text>
                <mj-button href="https://example.com/{{metadata.city}}">Look</mj-button>
                <mj-text>{{postal_address}} <a href="{{unsubscribe_url}}">No more</a></mj-text>
              </mj-column>
            </mj-section>
          </mj-body>
        </mjml>
        """;

    private MjmlCompiler _mjml = null!;

    [OneTimeSetUp]
    public void FindNode()
    {
        if (new MjmlOptions().Find() is null)
            Assert.Ignore("The mjml package is not installed: npm ci in src/Mjml.");

        _mjml = new MjmlCompiler(new MjmlOptions { QueueLength = 200 });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_mjml is not null)
            await _mjml.DisposeAsync();
    }

    [Test]
    public async Task Its_HTML_may_be_sent()
    {
        var compiled = await _mjml.Compile(Letter, Guid.Empty, CancellationToken.None);

        compiled.Problems.ShouldBeEmpty();
        var reviewed = Templates.Workshop.Review(
            new TemplateSource("Hello {{name}}", compiled.Html!, Letter, IsDraft: false)
        );
        reviewed.Problems.ShouldBeEmpty();
        reviewed.Text.ShouldBe(
            "Hello {{name}} & friends, straße 😀\n\n"
                + "Look: https://example.com/{{metadata.city}}\n\n"
                + "{{postal_address}} No more: {{unsubscribe_url}}\n"
        );
        Templates.Html(compiled.Html!).ShouldContain("href=\"https://example.com/Bern\"");
        // No font of a third party, which would learn who opens the mail.
        compiled.Html!.ShouldNotContain("fonts.googleapis");
    }

    [TestCase("<mjml>\n<mj-body>\n  <mj-sektion></mj-sektion>\n</mj-body></mjml>", 3, 3, "mj-sektion")]
    [TestCase("<mjml><mj-body>\n<mj-section colour='red'></mj-section></mj-body></mjml>", 2, 1, "colour")]
    [TestCase(
        "<mjml><mj-body><mj-section>\n <mj-column></mj-section></mj-body></mjml>",
        2,
        2,
        "<mj-column> is not closed"
    )]
    [TestCase("<mjml><mj-body>\n</mj-section></mj-body></mjml>", 1, 7, "<mj-body> is not closed")]
    [TestCase("<mjml></mjml></mjml>", 1, 14, "</mjml> closes nothing")]
    [TestCase("<mjml>\n<mj-body>", 2, 1, "<mj-body> is not closed")]
    [TestCase(
        "<mjml><mj-body>\n  <mj-include path=\"/etc/passwd\" type=\"html\" /></mj-body></mjml>",
        2,
        3,
        "<mj-include>"
    )]
    [TestCase("Hello", null, null, "Parsing failed")]
    [TestCase("<mjml></mjml>", null, null, "Malformed MJML")]
    public async Task What_is_broken_is_told_with_its_place(string mjml, int? line, int? column, string told)
    {
        var compiled = await _mjml.Compile(mjml, Guid.Empty, CancellationToken.None);

        compiled.Html.ShouldBeNull();
        compiled.Problems[0].Field.ShouldBe("MjmlContent");
        compiled.Problems[0].Message.ShouldContain(told);
        (compiled.Problems[0].Line, compiled.Problems[0].Column).ShouldBe((line, column));
    }

    [TestCase("Hello {{name}}", "Hello {{{name}}}", "Line 6, column 24: {{{ }}} is not allowed")]
    [TestCase(
        "<mj-text>Hello",
        "<mj-text font-family=\"{{metadata.c}}\">Hello",
        "Line 6, column 31: {{metadata.c}} stands"
    )]
    [TestCase(
        "https://example.com/{{metadata.city}}",
        "{{metadata.link}}",
        "Line 7, column 26: {{metadata.link}} begins"
    )]
    public async Task What_is_unsafe_is_told_by_its_place_in_the_MJML(string safe, string odd, string told)
    {
        var source = Letter.Replace(safe, odd, StringComparison.Ordinal);
        var compiled = await _mjml.Compile(source, Guid.Empty, CancellationToken.None);

        Templates
            .Workshop.Review(new TemplateSource("Hello", compiled.Html!, source, IsDraft: true))
            .Problems.ShouldContain(problem => problem.Told.StartsWith(told, StringComparison.Ordinal));
    }

    [Test]
    public async Task Many_are_compiled_at_the_same_time_each_for_itself()
    {
        var compiled = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i =>
                    _mjml.Compile(Letter.Replace("Hello", $"Hello number {i},"), Guid.Empty, CancellationToken.None)
                )
        );

        for (var i = 0; i < compiled.Length; i++)
            compiled[i].Html!.ShouldContain($"Hello number {i},");
    }

    [Test]
    public async Task A_process_that_died_is_replaced()
    {
        await using var mjml = new MjmlCompiler(new MjmlOptions());
        await mjml.Compile(Letter, Guid.Empty, CancellationToken.None);
        using (var process = Process.GetProcessById(mjml.IdleProcesses.ShouldHaveSingleItem()))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        (await mjml.Compile(Letter, Guid.Empty, CancellationToken.None)).Html.ShouldNotBeNull();
    }

    [TestCase("setInterval(() => {}, 1000)", "longer than 1 seconds")]
    [TestCase("console.log('{\"ready\":true}'); setInterval(() => {}, 1000)", "the budget mjml_seconds is 1")]
    [TestCase("console.error('no module'); process.exit(7)", "no module")]
    [TestCase("console.error('heap out of memory'); process.exit(7)", "the budget mjml_megabytes is 256")]
    [TestCase("console.log('{'); process.stdin.once('data', () => {})", "no JSON")]
    [TestCase(
        "console.log('{\"ready\":true}'); process.stdin.once('data', () => process.exit(7))",
        "The MJML compiler ended"
    )]
    public async Task A_process_that_hangs_or_dies_keeps_nobody_waiting(string program, string told)
    {
        var folder = Directory.CreateTempSubdirectory("schemahub-mjml-");
        try
        {
            folder.CreateSubdirectory("node_modules/mjml");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "node_modules/mjml/package.json"), "{}");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "worker.mjs"), program);
            await using var mjml = new MjmlCompiler(
                new MjmlOptions { Directory = folder.FullName, TimeoutSeconds = 1 }
            );

            for (var i = 0; i < 2; i++)
                (
                    await Should.ThrowAsync<Exception>(() => mjml.Compile(Letter, Guid.Empty, CancellationToken.None))
                ).Message.ShouldContain(told);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Where_Node_or_the_package_is_missing_it_says_so()
    {
        await using var nodeless = new MjmlCompiler(new MjmlOptions { Node = "no-such-node" });
        (
            await Should.ThrowAsync<MjmlUnavailableException>(() =>
                nodeless.Compile(Letter, Guid.Empty, CancellationToken.None)
            )
        ).Message.ShouldContain("Node is not installed");

        await using var bare = new MjmlCompiler(new MjmlOptions { Directory = Path.GetTempPath() });
        (
            await Should.ThrowAsync<MjmlUnavailableException>(() =>
                bare.Compile(Letter, Guid.Empty, CancellationToken.None)
            )
        ).Message.ShouldContain("npm ci");
    }
}
