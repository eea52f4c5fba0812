using Microsoft.Extensions.Logging;
using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Into the service's log: which campaign, how many, and nobody's name.</summary>
internal sealed partial class ComplaintAlarm(ILogger<ComplaintAlarm> logger) : IComplaintAlarm
{
    public void Raise(int campaign, ComplaintRate rate) =>
        Warn(rate.Percent, campaign, rate.Complained, rate.Arrived, rate.Verdict);

    [LoggerMessage(
        LogLevel.Warning,
        "{Percent:F2}% of the mails of campaign {Campaign} were called spam: {Complained} of {Arrived} ({Verdict})."
    )]
    private partial void Warn(double percent, int campaign, long complained, long arrived, ComplaintVerdict verdict);
}
