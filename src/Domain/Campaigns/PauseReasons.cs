namespace SchemaHub.Domain.Campaigns;

/// <summary>Why a campaign was paused by the service. Stored and published.</summary>
public static class PauseReasons
{
    /// <summary>Too many recipients complain.</summary>
    public const string Complaints = "complaints";

    /// <summary>The sender's domain is not verified any more.</summary>
    public const string SenderNotVerified = "sender_not_verified";

    /// <summary>The template cannot be read any more: an older version took what this one refuses.</summary>
    public const string TemplateBroken = "template_broken";

    /// <summary>The template costs more than one may, with its recipients' data.</summary>
    public const string TemplateTooCostly = "template_too_costly";
}
