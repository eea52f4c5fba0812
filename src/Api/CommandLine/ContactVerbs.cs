using System.CommandLine;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Api.CommandLine;

/// <summary><c>contacts import|export|undo</c>.</summary>
internal static class ContactVerbs
{
    public static Command Contacts() =>
        new("contacts", "The list: in, out, and back.") { ImportVerb.Import(), Export(), Undo() };

    private static Command Export()
    {
        var file = new Argument<FileInfo>("file") { Description = "The CSV file to write." };
        var spreadsheet = new Option<bool>("--spreadsheet")
        {
            Description = "For spreadsheets: with the mark by which they know UTF-8.",
        };
        var raw = new Option<bool>("--raw")
        {
            Description = "For programs: values that spreadsheets would run as formulas are not escaped.",
        };
        return new Command("export", "Write every contact with the evidence of its consent.")
        {
            Verb.OrgOption,
            file,
            spreadsheet,
            raw,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                var tenant = await workspace.Tenant(parsed, cancellation);
                var target = parsed.GetValue(file)!.FullName;
                var contacts = await workspace.Send(tenant, new ExportContacts(), cancellation);
                var count = 0L;
                using var progress = new ProgressLine("contacts");
                await WriteWhole(
                    target,
                    stream =>
                        workspace
                            .Get<IContactFileWriter>()
                            .Write(
                                stream,
                                Counted(contacts, () => progress.Report(++count)),
                                parsed.GetValue(raw) ? ContactFileStyle.Raw
                                    : parsed.GetValue(spreadsheet) ? ContactFileStyle.Spreadsheet
                                    : ContactFileStyle.Escaped,
                                cancellation
                            )
                );
                progress.Finish();
                Verb.Print(
                    parsed,
                    new { contacts = count, file = target },
                    done => $"{done.contacts:N0} contacts in {done.file}."
                );
            }
        );
    }

    /// <summary>A file that is cut short must not pass for the whole list, nor be left lying about.</summary>
    private static async Task WriteWhole(string target, Func<Stream, Task> write)
    {
        var partial = target + ".partial";
        try
        {
            await using (var stream = PrivateFile.Open(partial, FileMode.Create))
                await write(stream);

            File.Move(partial, target, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static async IAsyncEnumerable<T> Counted<T>(IAsyncEnumerable<T> items, Action count)
    {
        await foreach (var item in items)
        {
            count();
            yield return item;
        }
    }

    private static Command Undo()
    {
        var import = new Argument<long>("import") { Description = "The import's number." };
        return new Command("undo", "Take an import back as a whole. Interrupted, run it again.")
        {
            Verb.OrgOption,
            import,
        }.On(
            async (workspace, parsed, cancellation) =>
            {
                using var progress = new ProgressLine("contacts");
                var result = await workspace.Send(
                    await workspace.Tenant(parsed, cancellation),
                    new UndoImport(parsed.GetValue(import), progress.Report),
                    cancellation
                );
                progress.Finish();
                Verb.Print(
                    parsed,
                    result,
                    done => $"{done.ContactsErased:N0} contacts erased, {done.ConsentsRetracted:N0} consents retracted."
                );
            }
        );
    }
}
