using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SchemaHub.Api.Specs.Identity;

namespace SchemaHub.Api.Specs.Pages;

/// <summary>The pages as a person meets them. Screenshots lie in a directory that the run's output names.</summary>
[TestFixture]
public sealed class BrowserSpec
{
    private const string Chromium = "/usr/bin/chromium";
    private const string Ann = "ann@reader.example";

    private static readonly string Screenshots = Path.Combine(Path.GetTempPath(), "schemahub-screenshots");

    private readonly List<string> _complaints = [];
    private PageHost _host = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        if (!File.Exists(Chromium))
            Assert.Ignore($"There is no browser at {Chromium} (Debian: chromium).");

        _host = await PageHost.Start();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--headless", "--disable-gpu"] }
        );
        await TestContext.Out.WriteLineAsync($"Screenshots: {Screenshots}");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_host is null)
            return;

        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _host.DisposeAsync();
    }

    [TestCase(ColorScheme.Light, 1280)]
    [TestCase(ColorScheme.Dark, 1280)]
    [TestCase(ColorScheme.Light, 390)]
    [TestCase(ColorScheme.Light, 360)]
    public async Task A_person_signs_up_confirms_chooses_and_leaves(ColorScheme colors, int width)
    {
        _complaints.Clear();
        var list = await _host.CreateList(
            "The Monthly Letter",
            words: "Yes, send me the Monthly Letter: one mail a month about bread, ovens and the people behind them. "
                + "I can unsubscribe at any time with one click."
        );
        await using var context = await _browser.NewContextAsync(
            new()
            {
                BaseURL = _host.Address.ToString(),
                ColorScheme = colors,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        var page = await context.NewPageAsync();
        page.Console += (_, message) => _complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => _complaints.Add(error);
        Task Look(string name) => Inspect(page, $"{name}-{colors}-{width}");

        await page.GotoAsync(list.Path);
        await Look("sign-up");
        await page.GetByLabel("Email address").FillAsync(Ann);
        await page.GetByLabel("Name").FillAsync("Ann");
        await page.GetByLabel(PageHost.TrackingWording).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign up" }).ClickAsync();
        await Headed(page, "Check your mailbox");
        await Look("check-mailbox");

        await page.GotoAsync(_host.TakeMails(Ann).ShouldHaveSingleItem().Link.AbsolutePath);
        await Look("confirm");
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, I agree" }).ClickAsync();
        await Headed(page, "Thank you");
        (await list.IsSubscribed(Ann)).ShouldBeTrue();
        await Look("confirmed");

        await page.GetByRole(AriaRole.Link).ClickAsync();
        await Headed(page, "Your choices");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop: Measuring opens and clicks" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start: Measuring opens and clicks" }).WaitForAsync();
        await Look("preferences");

        await page.GotoAsync($"/unsubscribe/{await list.Token(Ann)}");
        await Look("unsubscribe");
        await page.GetByRole(AriaRole.Button, new() { Name = "Unsubscribe" }).ClickAsync();
        await Headed(page, "You are unsubscribed");
        await Look("unsubscribed");
        (await list.IsSubscribed(Ann)).ShouldBeFalse();
        _complaints.ShouldBeEmpty();
    }

    [Test]
    public async Task Mistakes_are_shown_where_they_were_made()
    {
        var list = await _host.CreateList("The Monthly Letter");
        var page = await _browser.NewPageAsync(new() { BaseURL = _host.Address.ToString() });
        await page.GotoAsync(list.Path);
        // A browser takes what the service does not: a host without a dot.
        await page.GetByLabel("Email address").FillAsync("ann@localhost");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign up" }).ClickAsync();
        await page.GetByRole(AriaRole.Alert).WaitForAsync();
        (await page.GetByLabel("Email address").InputValueAsync()).ShouldBe("ann@localhost");
        await Inspect(page, "mistake");
        await page.CloseAsync();
    }

    [Test]
    public async Task An_embedded_form_signs_up_from_another_site()
    {
        var list = await _host.CreateList("The Monthly Letter");
        var snippet = await _host.Http.GetStringAsync($"{list.Path}/snippet");
        var page = await _browser.NewPageAsync();
        // The snippet names the public address; here it is this host.
        await page.SetContentAsync(
            snippet.Replace("https://lists.example.org/", _host.Address.ToString(), StringComparison.Ordinal)
        );
        await page.GetByLabel("Email address").FillAsync(Ann);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign up" }).ClickAsync();
        await Headed(page, "Check your mailbox");
        _host.TakeMails(Ann).Count.ShouldBe(1);
        await page.CloseAsync();
    }

    [TestCase(ColorScheme.Light, 1280)]
    [TestCase(ColorScheme.Dark, 390)]
    public async Task A_person_verifies_an_address_and_chooses_a_password(ColorScheme colors, int width)
    {
        await using var host = await SignInHost.Start();
        var email = $"page{width}@reader.example";
        using var program = host.NewBrowser();
        await program.Post("sign-up", new { email });
        await using var context = await _browser.NewContextAsync(
            new()
            {
                BaseURL = host.Api.Address.ToString(),
                ColorScheme = colors,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        var page = await context.NewPageAsync();
        await page.GotoAsync((await host.MailTo(email)).Link.AbsolutePath);
        await Inspect(page, $"verify-{colors}-{width}");
        await page.GetByLabel("Name").FillAsync("Ann");
        await page.GetByLabel("Password").FillAsync("password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Open the account" }).ClickAsync();
        await page.GetByRole(AriaRole.Alert).WaitForAsync();
        (await page.GetByLabel("Name").InputValueAsync()).ShouldBe("Ann");
        await Inspect(page, $"verify-refused-{colors}-{width}");
        await page.GetByLabel("Password").FillAsync(SignInHost.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Open the account" }).ClickAsync();
        await Headed(page, "Your address is verified");
        (await context.CookiesAsync()).ShouldContain(cookie => cookie.Name == "schemahub-device");

        await program.Post("device-links", new { email });
        await page.GotoAsync((await host.MailTo(email)).Link.AbsolutePath);
        await Inspect(page, $"device-{colors}-{width}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Let this browser sign in" }).ClickAsync();
        await Headed(page, "This browser may sign in");

        await program.Post("password-resets", new { email });
        await page.GotoAsync((await host.MailTo(email)).Link.AbsolutePath);
        await Inspect(page, $"reset-{colors}-{width}");
        await page.GetByLabel("New password").FillAsync("password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the password" }).ClickAsync();
        await page.GetByRole(AriaRole.Alert).WaitForAsync();
        await Inspect(page, $"reset-refused-{colors}-{width}");
        await page.GetByLabel("New password").FillAsync("another password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set the password" }).ClickAsync();
        await Headed(page, "Your password was changed");
        await Inspect(page, $"password-changed-{colors}-{width}");
    }

    private static Task Headed(IPage page, string title) =>
        page.GetByRole(AriaRole.Heading, new() { Name = title, Level = 1 }).WaitForAsync();

    private static async Task Inspect(IPage page, string name)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(Screenshots, $"{name}.png"), FullPage = true });
        (await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth")).ShouldBeTrue(
            "wider than the window"
        );
        var found = await page.RunAxe();
        found
            .Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{name}: {violation.Id}: {violation.Help}")
            .ShouldBeEmpty();
    }
}
