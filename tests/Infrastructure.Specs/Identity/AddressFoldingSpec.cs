using System.Globalization;
using System.Text;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;
using static SchemaHub.Infrastructure.Specs.Identity.SigningIn;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>The database compares addresses as the domain does, whatever its collation.</summary>
public sealed class AddressFoldingSpec
{
    private TestService _service = null!;

    [OneTimeSetUp]
    public async Task Start() => _service = await NewService();

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [TestCase("default")]
    [TestCase("C")]
    [TestCase("und-x-icu")]
    [TestCase("tr-x-icu")]
    public async Task No_accepted_character_becomes_ASCII_in_lower_case(string collation)
    {
        var folded = await List(
            $"""
            select c::text from generate_series(128, 1114111) c
            where c not between 55296 and 57343 and lower(chr(c) collate "{collation}") collate "C" ~ '^[\x01-\x7f]+$'
            """
        );
        if (collation != "C")
            folded.ShouldContain($"{0x212a}", "the Kelvin sign");

        foreach (var rune in folded.Select(value => new Rune(int.Parse(value, CultureInfo.InvariantCulture))))
            EmailAddress.TryParse($"a{rune}n@example.org", out _, out _).ShouldBeFalse($"U+{rune.Value:X4}");
    }

    [Test]
    public async Task Every_index_on_lower_case_folds_ASCII_letters_only() =>
        (
            await List(
                """
                select i.schemaname || '.' || i.indexname from pg_indexes i
                where i.indexdef like '%lower(%' and i.indexdef not like '%lower(%COLLATE "C")%'
                """
            )
        ).ShouldBeEmpty();

    [Test]
    public async Task Two_addresses_that_differ_in_the_case_of_another_letter_are_two_accounts_in_every_schema()
    {
        await SignUp(_service, "Über@example.org");
        await SignUp(_service, "über@example.org");
        await SignUp(_service, "üBER@example.org");

        foreach (var schema in new[] { "access", "backstage", "saas", "snorq", "smarthub" })
            (
                await _service.Scalar<long>($"select count(*) from {schema}.users u where u.email like '%@example.org'")
            ).ShouldBe(2, schema);
    }

    private async Task<IReadOnlyList<string>> List(string sql)
    {
        await using var command = _service.Installation.Administrator.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
            values.Add(reader.GetString(0));

        return values;
    }
}
