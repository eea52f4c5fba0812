using System.Diagnostics;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>Passwords: bcrypt as everybody computes it, over what a stolen database does not hold.</summary>
[TestFixture]
public sealed class PasswordsSpec
{
    private const int Cheap = 4;
    private const string Password = "correct horse battery staple";

    private string _directory = "";
    private KeyRing _keys = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _directory = Directory.CreateTempSubdirectory("schemahub-passwords-").FullName;
        _keys = KeyRing.Create(_directory);
    }

    [OneTimeTearDown]
    public void End() => Directory.Delete(_directory, recursive: true);

    // Of Openwall's crypt_blowfish and of the bcrypt of Python.
    [TestCase("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [TestCase("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK")]
    [TestCase("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a")]
    [TestCase("Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm")]
    public void Known_hashes_are_known(string phrase, string hash)
    {
        PasswordHasher.IsHashOf(phrase, hash).ShouldBeTrue();
        PasswordHasher.IsHashOf(phrase + "!", hash).ShouldBeFalse();
    }

    // The hash is of libxcrypt: what other programs computed stays valid.
    [Test]
    public async Task A_hash_that_libxcrypt_computed_is_known()
    {
        var directory = Directory.CreateTempSubdirectory("schemahub-passwords-").FullName;
        KeyRing.Create(directory);
        var key = Enumerable.Range(0, 32).Select(number => (byte)number).ToArray();
        await File.WriteAllTextAsync(Path.Combine(directory, "address.key"), Convert.ToHexString(key));
        using var hasher = new PasswordHasher(KeyRing.Open(directory));

        const string hash = "$2b$12$abcdefghijklmnopqrstuu9SRbVNpT6Lc97zUS9/m8SX6YTD4JaeW";
        (await hasher.Verify("schlu\u0308ssel und \U0001F511", hash, default)).ShouldBeTrue();
        (await hasher.Verify("schlussel und \U0001F511", hash, default)).ShouldBeFalse();
        Directory.Delete(directory, recursive: true);
    }

    [TestCase("")]
    [TestCase("!")]
    [TestCase("$2b$")]
    [TestCase("$2b$12$short")]
    [TestCase("$2b$03$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm")]
    [TestCase("$2b$32$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm")]
    [TestCase("$2b$-4$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm")]
    [TestCase("$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YE")]
    [TestCase("$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEmm")]
    [TestCase("$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm\n")]
    [TestCase("$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3Y€m")]
    [TestCase("$1$salt$qJH7.N4xYta3aEG/dfqo/0")]
    [TestCase("U*U")]
    public void What_is_no_hash_is_nobodys(string hash) =>
        PasswordHasher.IsHashOf("Kk4DQuMMfZL9o", hash).ShouldBeFalse();

    [Test]
    public async Task A_password_is_published_at_cost_12_and_salted()
    {
        using var hasher = new PasswordHasher(_keys);
        var hash = await hasher.Hash(Password, default);

        hash.ShouldStartWith("$2b$12$");
        hash.Length.ShouldBe(60);
        (await hasher.Hash(Password, default)).ShouldNotBe(hash);
        (await hasher.Verify(Password, hash, default)).ShouldBeTrue();
        (await hasher.Verify("correct horse battery stapler", hash, default)).ShouldBeFalse();
    }

    [Test]
    public async Task Every_character_counts_and_what_looks_the_same_is_the_same()
    {
        using var hasher = new PasswordHasher(_keys, Cheap);
        var longOne = new string('x', 100);
        var hash = await hasher.Hash(longOne + "1", default);
        (await hasher.Verify(longOne + "1", hash, default)).ShouldBeTrue();
        (await hasher.Verify(longOne + "2", hash, default)).ShouldBeFalse("bcrypt alone drops what is after 72 bytes");

        var withZero = await hasher.Hash("before\0after", default);
        (await hasher.Verify("before\0other", withZero, default)).ShouldBeFalse("bcrypt alone stops at a zero");

        var composed = await hasher.Hash("schl\u00fcssel", default);
        (await hasher.Verify("schlu\u0308ssel", composed, default)).ShouldBeTrue();
    }

    [Test]
    public async Task A_hash_says_nothing_without_the_keys_of_the_installation()
    {
        var others = Directory.CreateTempSubdirectory("schemahub-passwords-").FullName;
        using var ours = new PasswordHasher(_keys, Cheap);
        using var theirs = new PasswordHasher(KeyRing.Create(others), Cheap);
        var hash = await ours.Hash(Password, default);

        (await theirs.Verify(Password, hash, default)).ShouldBeFalse();
        PasswordHasher.IsHashOf(Password, hash).ShouldBeFalse();
        Directory.Delete(others, recursive: true);
    }

    [Test]
    public async Task Nobodys_password_is_wrong_and_takes_as_long()
    {
        using var hasher = new PasswordHasher(_keys, cost: 10);
        var hash = await hasher.Hash(Password, default);
        (await hasher.Verify(Password, hash: null, default)).ShouldBeFalse();

        var (known, unknown) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < 10; round++)
        {
            known = Math.Min(known, await Milliseconds(() => hasher.Verify("wrong password", hash, default)));
            unknown = Math.Min(unknown, await Milliseconds(() => hasher.Verify("wrong password", null, default)));
        }

        // The fastest of several, since whatever else runs makes single ones slower. Without the hash of nobody's
        // password an unknown address would be answered hundreds of times faster.
        (unknown / known).ShouldBeInRange(0.2, 5);
    }

    [Test]
    public async Task More_than_can_be_hashed_in_a_while_are_refused_at_once()
    {
        using var hasher = new PasswordHasher(_keys, cost: 6);
        var many = Enumerable.Range(0, 200).Select(_ => hasher.Hash(Password, default)).ToList();
        await Task.WhenAll(many).ContinueWith(_ => { }, TaskScheduler.Default);

        many.Count(one => one.IsCompletedSuccessfully).ShouldBeGreaterThan(30);
        many.Where(one => one.IsFaulted).ShouldAllBe(one => one.Exception!.InnerException is PasswordsBusyException);
        many.Count(one => one.IsFaulted).ShouldBeGreaterThan(0);
        (await hasher.Hash(Password, default)).ShouldNotBeEmpty("what was refused must not hold a place");
    }

    [TestCase("short12", "at least 8")]
    [TestCase("", "at least 8")]
    [TestCase("password", "tried first")]
    [TestCase("PASSWORD", "tried first")]
    [TestCase("12345678", "tried first")]
    [TestCase("zzzzzzzz", "tried first")]
    [TestCase("schemahub", "name of the service")]
    [TestCase("SchemaHub2026!", "name of the service")]
    [TestCase("ann.example@example.org", "address")]
    [TestCase("ann.example", "address")]
    [TestCase("example.org", "address")]
    public void What_everybody_tries_first_is_no_password(string password, string why) =>
        PasswordRules.Broken(password, "Ann.Example@example.org").ShouldNotBeNull().ShouldContain(why);

    [Test]
    public void Half_a_character_is_no_text() =>
        PasswordRules.Broken((char)0xD800 + "aaaaaaab", "ann@example.org").ShouldNotBeNull().ShouldContain("text");

    [TestCase("correct horse")]
    [TestCase("        x       ")]
    [TestCase("пароль для Олени")]
    [TestCase("aaaaaaab")]
    public void Nothing_is_asked_of_a_passwords_composition(string password) =>
        PasswordRules.Broken(password, "ann@example.org").ShouldBeNull();

    [Test]
    public void A_password_has_128_characters_at_most_and_a_pictograph_is_one()
    {
        PasswordRules.Broken(new string('x', 127) + "y", "ann@example.org").ShouldBeNull();
        PasswordRules.Broken(new string('x', 128) + "y", "ann@example.org").ShouldNotBeNull();
        PasswordRules.Broken(string.Concat(Enumerable.Repeat("🐎🔋", 4)), null).ShouldBeNull();
        PasswordRules.Broken(string.Concat(Enumerable.Repeat("🐎🔋", 3)), null).ShouldNotBeNull();
    }

    private static async Task<double> Milliseconds(Func<Task<bool>> work)
    {
        var begun = Stopwatch.GetTimestamp();
        (await work()).ShouldBeFalse();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
