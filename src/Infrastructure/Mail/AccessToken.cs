namespace SchemaHub.Infrastructure.Mail;

/// <summary>A token that says who we are to the mail server. A class and no record: its text holds no secret.</summary>
/// <param name="renewAt">From here on another one is fetched, if one can be.</param>
/// <param name="endsAt">From here on the mail server refuses it.</param>
internal sealed class AccessToken(string value, DateTimeOffset renewAt, DateTimeOffset endsAt)
{
    /// <summary>Secret.</summary>
    public string Value { get; } = value;

    public DateTimeOffset RenewAt { get; } = renewAt;

    public DateTimeOffset EndsAt { get; } = endsAt;
}

/// <summary>What the token endpoint answered.</summary>
internal abstract record TokenAnswer
{
    private TokenAnswer() { }

    /// <summary>A token.</summary>
    public sealed record Granted(AccessToken Token) : TokenAnswer;

    /// <summary>No token.</summary>
    /// <param name="Reason">For the operator; holds no secret.</param>
    /// <param name="IsFinal">Somebody has to change the settings, here or at the provider.</param>
    /// <param name="AskAgainAfter">How long the endpoint is left alone.</param>
    public sealed record Failed(string Reason, bool IsFinal, TimeSpan AskAgainAfter) : TokenAnswer
    {
        /// <summary>What the endpoint said beside its code, for the log; holds no secret.</summary>
        public string Description { get; init; } = "";

        /// <summary>The refresh token is used up, revoked or expired.</summary>
        public bool IsInvalidGrant { get; init; }

        /// <summary>Another request may succeed at once.</summary>
        public bool MayPassAtOnce { get; init; }
    }
}
