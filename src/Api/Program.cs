using System.CommandLine;
using SchemaHub.Api.CommandLine;

var root = new RootCommand("SchemaHub: a mailing list whose every consent can be proven.")
{
    Verb.JsonOption,
    ServiceVerbs.Serve(),
    ServiceVerbs.Migrate(),
    Demo.Verb(),
    IdentityVerbs.Org(),
    IdentityVerbs.Key(),
    IdentityVerbs.Reader(),
    ContactVerbs.Contacts(),
    ConsentVerbs.Consent(),
    ConsentVerbs.Verify(),
    ConsentVerbs.Erase(),
    ServiceVerbs.RebuildTables(),
    ServiceVerbs.Restore(),
};
return await root.Parse(args).InvokeAsync();
