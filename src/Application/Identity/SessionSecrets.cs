namespace SchemaHub.Application.Identity;

/// <summary>What signed-in programs show: made and read without a database.</summary>
public interface IAccessTokens
{
    /// <summary>A token of a session, and until when it works (UTC).</summary>
    (string Token, DateTimeOffset ExpiresAt) Issue(Guid session);

    /// <summary>The session of a genuine token in time; null for everything else.</summary>
    Guid? Read(string? token);
}

/// <summary>The secrets that sessions are found by.</summary>
public interface ISessionTokens
{
    /// <summary>A new token of a browser.</summary>
    string CreateBrowser();

    /// <summary>A new refresh token of a session.</summary>
    string CreateRefresh(Guid session);

    /// <summary>The session of a refresh token that we made, in force or used up; null for everything else.</summary>
    Guid? SessionOf(string? refreshToken);
}

/// <summary>What a browser's page repeats with everything that changes something.</summary>
public interface ICsrfTokens
{
    /// <summary>The token of a session.</summary>
    string Of(Guid session);
}
