using Microsoft.OpenApi;

namespace SchemaHub.Api.OpenApi;

/// <summary>
/// What the parameters in queries mean, by name, or by path and name where a name means several things.
/// </summary>
internal static class ParameterDescriptions
{
    private static readonly Dictionary<string, string> s_all = new(StringComparer.Ordinal)
    {
        ["limit"] = "How many a page has at most.",
        ["after"] = "The `next` of the page before, of the same list with the same filters.",
        ["sort"] = "An indexed field to sort by; the key where left out.",
        ["order"] = "`asc` or `desc`.",
        ["from"] = "An instant with its offset: nothing before it.",
        ["to"] = "An instant with its offset: nothing at it or after it.",
        ["at"] = "An instant with its offset.",
        ["purpose"] = "What the mail is for.",
        ["api/v1/consent/stats from"] = "The first day, UTC.",
        ["api/v1/consent/stats to"] = "The last day, UTC.",
        ["job"] = "Only runs of this job.",
        ["name"] = "Only jobs of this name.",
        ["bucketSeconds"] = "How many seconds a row stands for.",
        ["state"] = "Only those: `waiting`, `running` or `failed`.",
        ["api/v1/jobs/runs status"] = "Only those: `success` or `failed`.",
        ["api/v1/campaigns status"] = "Only those: `draft`, `scheduled`, `sending`, `paused`, `sent` or `cancelled`.",
        ["api/v1/campaigns/{id}/deliveries status"] =
            "Only those: `queued`, `sent`, `delivered`, `bounced`, `failed`, `withheld` or `cancelled`.",
        ["api/v1/invitations status"] = "Only those: `pending`, `accepted`, `expired` or `revoked`.",
        ["api/v1/privacy-requests status"] = "Only those that stand there.",
        ["overdue"] = "Only those whose last day is over.",
        ["inDoubt"] = "Only mails that may have gone out twice, or only the others.",
        ["subscribed"] = "Only those with a consent for the newsletter in force, or only the others.",
        ["email"] = "Only the contact of this address.",
        ["episodeId"] = "Only those of this episode.",
        ["campaignId"] = "Only those of this campaign.",
        ["by"] = "`hour` or `day`.",
        ["actor"] = "Only what this actor did: an id as entries show it.",
        ["resourceType"] = "Only what was done to things of this kind.",
        ["resourceId"] = "Only what was done to this thing.",
        ["action"] = "Only those: `create`, `update` or `delete`.",
        ["kind"] = "Only what happened so, such as `member_role_changed`.",
        ["severity"] = "Only those: `info`, `low`, `medium`, `high` or `critical`.",
        ["spreadsheet"] = "Written for a spreadsheet program.",
        ["dates"] =
            "What comes first in dates such as `1/2/2023`: `dmy` or `mdy`; as the file's dates show where left out.",
        ["escape"] =
            "`formulas` (unless said) or `none`: whether an apostrophe before a formula is put there, or taken off.",
        ["format"] = "`own`, `mailchimp` or `listmonk`; guessed where left out.",
        ["encoding"] = "The file's encoding; guessed where left out.",
        ["basis"] = "The legal basis of the consents that the file brings.",
        ["wording"] = "The SHA-256 of the published wording that people agreed to.",
        ["language"] = "The wording's language.",
        ["data"] = "A column to keep as an attribute; repeat it for more.",
        ["update"] = "Whether names and attributes of known contacts are updated.",
        ["reason"] = "Why, for those who look at it later.",
        ["graceHours"] = "How long the secret before is good for.",
        ["schema"] = "One of the published schemas; repeat it for more.",
        ["returnTo"] = "The path on this service to come back to.",
        ["code"] = "What Google gave.",
        ["api/v1/auth/google/callback state"] = "What was given to Google.",
        ["error"] = "Why Google refuses.",
    };

    /// <summary>Describes a parameter.</summary>
    /// <param name="path">The operation's.</param>
    /// <param name="isKeyNumber">The record's key is a number.</param>
    public static void Describe(OpenApiParameter parameter, string path, bool isKeyNumber)
    {
        if (parameter is { In: ParameterLocation.Path, Name: "key" } && isKeyNumber)
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" };

        if (parameter.In != ParameterLocation.Query || string.IsNullOrEmpty(parameter.Name))
            return;

        // Properties of a record that stands for several parameters come as they are written in C#.
        parameter.Name = char.ToLowerInvariant(parameter.Name[0]) + parameter.Name[1..];
        parameter.Description ??=
            s_all.GetValueOrDefault($"{path} {parameter.Name}") ?? s_all.GetValueOrDefault(parameter.Name);
    }
}
