using System.CommandLine;
using SchemaHub.Api.CommandLine;

var root = new RootCommand(
    """
    SchemaHub: a mailing list whose every consent can be proven.

    Settings in the environment:
      SCHEMAHUB_DATABASE  an administrator's connection to PostgreSQL; without it a private server is started
      SCHEMAHUB_DATA      the private server's folder
      SCHEMAHUB_KEYS      the folder of keys and journal; "keys" in the data folder unless set
    """
)
{
    Verb.JsonOption,
    ServiceVerbs.Serve(),
    ServiceVerbs.Migrate(),
    Demo.Verb(),
    OrgVerbs.Org(),
    MemberVerbs.Member(),
    UserVerbs.User(),
    RoleVerbs.Role(),
    KeyVerbs.Key(),
    ReaderVerbs.Reader(),
    BuilderVerbs.Builder(),
    ContactVerbs.Contacts(),
    TemplateVerbs.Template(),
    RecordVerbs.Record(),
    SenderVerbs.Sender(),
    MailVerbs.Mail(),
    ConsentVerbs.Consent(),
    ConsentVerbs.Verify(),
    ConsentVerbs.Erase(),
    AuditVerbs.Audit(),
    GdprVerbs.Gdpr(),
    SchemaVerbs.Schema(),
    ServiceVerbs.RebuildTables(),
    SeriesVerbs.Series(),
    JobVerbs.Jobs(),
    RestoreVerbs.Restore(),
};
return await Verb.Run(root, args);
