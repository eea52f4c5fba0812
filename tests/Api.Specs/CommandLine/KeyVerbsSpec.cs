using System.Globalization;

namespace SchemaHub.Api.Specs.CommandLine;

/// <summary><c>key</c>, as operators run it.</summary>
public sealed class KeyVerbsSpec : VerbsFixture
{
    [Test]
    public async Task A_key_is_made_shown_rotated_and_revoked()
    {
        var expires = TimeProvider.System.GetUtcNow().AddYears(1).ToString("O", CultureInfo.InvariantCulture);
        var made = await Schemahub.Json([
            "key",
            "create",
            "--org",
            "acme",
            "--name",
            "Shop",
            "--scope",
            "contacts:write",
            "contacts:read",
            "--rotation",
            "90d",
            "--expires",
            expires,
        ]);
        var id = made.GetProperty("id").GetString()!;
        made.GetProperty("key").GetString()!.ShouldStartWith("sk_live_");

        var shown = await Schemahub.Run("key", "show", id, "--org", "acme");
        shown.Output.ShouldContain("contacts:read contacts:write");
        shown.Output.ShouldContain("90d, next ");
        shown.Output.ShouldContain("never");
        shown.Output.ShouldNotContain(made.GetProperty("key").GetString()!);

        var rotated = await Schemahub.Run("key", "rotate", id, "--org", "acme", "--grace", "2");
        rotated.Code.ShouldBe(0, rotated.Errors);
        rotated.Output.ShouldStartWith("sk_live_");
        rotated.Message.ShouldContain("opens until");
        var tooLong = await Schemahub.Run("key", "rotate", id, "--org", "acme", "--grace", "169");
        tooLong.Code.ShouldBe(1);
        tooLong.Message.ShouldStartWith("GraceHours");

        (await Schemahub.Run("key", "revoke", id, "--org", "acme", "--reason", "lost")).Code.ShouldBe(0);
        var listed = await Schemahub.Run("key", "list", "--org", "acme");
        listed.Output.ShouldContain("Shop  (revoked)");
        (await Schemahub.Run("key", "show", id, "--org", "acme")).Output.ShouldContain("lost");
    }

    [Test]
    public async Task A_plan_without_an_API_gets_no_key_unless_the_installation_says_otherwise()
    {
        await Schemahub.Json("org", "create", "--name", "Free", "--slug", "free", "--owner", "owner@free.example");

        var refused = await Schemahub.Run("key", "create", "--org", "free");
        refused.Code.ShouldBe(1);
        refused.Message.ShouldContain("business");

        var open = Schemahub.With("SchemaHub__Api__Plan", "free");
        (await open.Run("key", "create", "--org", "free")).Output.ShouldStartWith("sk_live_");
        var wrong = await Schemahub.With("SchemaHub__Api__Plan", "gold").Run("key", "create", "--org", "free");
        wrong.Code.ShouldBe(1);
        wrong.Errors.ShouldContain("free, pro or business");
    }
}
