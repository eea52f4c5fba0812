using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Support;

/// <summary>
/// Mails that the service under test sent: other specs' lie among them, so they are found by whom they are to.
/// </summary>
public static class TestMailbox
{
    /// <summary>The mails to an address, oldest first.</summary>
    public static IReadOnlyList<ReceivedMail> MailsTo(this TestApi api, string email)
    {
        var directory = new DirectoryInfo(Path.Combine(api.Installation.Keys.Directory, "mail"));
        return
        [
            .. directory
                .GetFiles()
                .OrderBy(file => file.LastWriteTimeUtc)
                .ThenBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => ReceivedMail.Parse(File.ReadAllText(file.FullName)))
                .Where(mail => mail.To == email),
        ];
    }
}
