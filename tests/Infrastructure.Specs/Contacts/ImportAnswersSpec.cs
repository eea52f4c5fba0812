using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>What a person answers beside a file: a basis, how it is read, whether it updates.</summary>
public sealed class ImportAnswersSpec : OrganizationSpec
{
    [TestCase("email,Newsletter erlaubt\nann@x.org,nein\n", "Newsletter erlaubt")]
    [TestCase("email,remark\nann@x.org,\nbob@x.org,unsubscribed\n", "remark")]
    public async Task A_basis_is_refused_while_a_column_may_be_a_status(string csv, string column)
    {
        var wording = new PublishWording("en", "We write to our members.");
        await Service.Send(Acme, wording);
        var refused = await Should.ThrowAsync<FluentValidation.ValidationException>(() =>
            Service.Import(Acme, csv, WithBasis)
        );

        refused.Errors.ShouldHaveSingleItem().PropertyName.ShouldBe(nameof(ImportContacts.Basis));
        refused.Message.ShouldContain(column);
        (await Count("contacts")).ShouldBe(0);

        var result = await Service.Import(
            Acme,
            csv,
            command => WithBasis(command) with { Options = new ContactFileOptions(DataColumns: [column]) }
        );
        result.Counts.Consents.ShouldBeGreaterThan(0);
        result.Columns[1].TakenAs.ShouldBe(ContactFileColumn.Metadata);

        ImportContacts WithBasis(ImportContacts command) =>
            command with
            {
                Basis = LegalBases.Consent,
                Wording = wording.Sha256,
            };
    }

    [Test]
    public async Task A_basis_does_not_subscribe_those_whom_the_file_speaks_against()
    {
        var wording = new PublishWording("en", "We write to our readers.");
        await Service.Send(Acme, wording);
        var result = await Service.Import(
            Acme,
            "email,state\nin@x.org,active\nout@x.org,cancelled\nwait@x.org,inactive\nspam@x.org,complained\n",
            command => command with { Basis = LegalBases.Consent, Wording = wording.Sha256 }
        );

        (await Service.Subscribed(Acme)).ShouldBe("in@x.org");
        result.Columns.ShouldContain(new ContactFileColumn("state", ContactFileColumn.Status, "Kit, Campaign Monitor"));
    }

    [Test]
    public async Task A_file_read_wrongly_can_be_read_again()
    {
        var file = System.Text.Encoding.Latin1.GetBytes("email,name\nann@x.org,\u00a3ukasz\n");
        await Service.Import(Acme, file, In("windows-1252"));
        (await Count("contacts", "name = '\u00a3ukasz'")).ShouldBe(1);

        var again = await Service.Import(Acme, file, In("windows-1250"));
        (again.WasFinished, again.Counts.Differing).ShouldBe((false, 1));
        var updated = await Service.Import(Acme, file, command => In("windows-1250")(command) with { Update = true });

        updated.Counts.Updated.ShouldBe(1);
        (await Count("contacts", "name = '\u0141ukasz'")).ShouldBe(1);

        static Func<ImportContacts, ImportContacts> In(string encoding) =>
            command => command with { Options = new ContactFileOptions(Encoding: encoding) };
    }

    [Test]
    public async Task Attributes_keep_their_types()
    {
        await Service.Import(
            Acme,
            "email,metadata\nann@x.org,\"{\"\"premium\"\": false, \"\"shows\"\": [\"\"a\"\", \"\"b\"\"], "
                + "\"\"address\"\": {\"\"street\"\": \"\"X\"\"}}\"\n"
        );
        (
            await Count(
                "contacts",
                """metadata = '{"premium": false, "shows": ["a", "b"], "address": {"street": "X"}}'"""
            )
        ).ShouldBe(1);
    }

    private Task<long> Count(string table, string condition = "true") =>
        Service.Scalar<long>(
            $"select count(*) from backstage.{table} where organization_id = '{Acme}' and {condition}"
        );
}
