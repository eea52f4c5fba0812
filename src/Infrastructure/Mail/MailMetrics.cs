using System.Diagnostics.Metrics;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>What is counted of mail: meter <c>SchemaHub.Mail</c>. No address, no organization.</summary>
internal static class MailMetrics
{
    private static readonly Meter Meter = new("SchemaHub.Mail");

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "schemahub.mail.refusals",
        "{mail}",
        "Mails that other servers refused for good, by rule, by whom it is about, and by how it was learnt."
    );

    /// <summary>Counts a mail that was refused.</summary>
    /// <param name="isInSession">In the SMTP session; otherwise a bounce or a webhook told it later.</param>
    public static void CountRefusal(Refusal refusal, bool isInSession) =>
        Refusals.Add(
            1,
            KeyValuePair.Create<string, object?>("rule", refusal.Rule),
            KeyValuePair.Create<string, object?>("about", refusal.About),
            KeyValuePair.Create<string, object?>("learnt", isInSession ? "session" : "report")
        );
}
