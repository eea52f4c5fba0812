namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// What an expression means, for comparing a document's shorthand with what PostgreSQL prints: without the casts,
/// brackets and schema names that PostgreSQL adds.
/// </summary>
internal static class SqlExpression
{
    /// <summary>Words that make a type of several: <c>character varying</c>, <c>timestamp with time zone</c>.</summary>
    private static readonly HashSet<string> TypeWords = new(StringComparer.Ordinal)
    {
        "varying",
        "precision",
        "with",
        "without",
        "time",
        "zone",
    };

    private static readonly HashSet<string> TextTypes = new(StringComparer.Ordinal)
    {
        "text",
        "character",
        "varchar",
        "bpchar",
    };

    /// <summary>The same expressions give the same text.</summary>
    public static string Canonical(string expression) =>
        Printed(WithoutSchemas(WithoutCasts(SqlTokens.Read(expression), static _ => true)));

    /// <summary>The same, with everything but what PostgreSQL adds to texts of one type or another.</summary>
    public static string WithoutTextCasts(string expression) =>
        Printed(WithoutCasts(SqlTokens.Read(expression), static type => TextTypes.Contains(type)));

    private static string Printed(List<SqlToken> tokens)
    {
        var at = 0;
        return string.Join(' ', Unwrapped(Group(tokens, ref at)));
    }

    /// <summary>Two definitions that PostgreSQL printed are the same but for spaces and line breaks.</summary>
    public static bool AreSame(string one, string other) =>
        one == other
        || SqlTokens.Read(one).Select(token => token.Value).SequenceEqual(SqlTokens.Read(other).Select(t => t.Value));

    private static List<SqlToken> WithoutCasts(List<SqlToken> tokens, Func<string, bool> isLeftOut)
    {
        var kept = new List<SqlToken>(tokens.Count);
        for (var at = 0; at < tokens.Count; at++)
        {
            if (tokens[at].Is("::") && at + 1 < tokens.Count && isLeftOut(tokens[at + 1].Value))
                at = CastEnd(tokens, at + 1) - 1;
            else
                kept.Add(tokens[at]);
        }

        return kept;
    }

    /// <summary>Behind a type's name, its length and its brackets.</summary>
    private static int CastEnd(List<SqlToken> tokens, int at)
    {
        at++;
        while (at + 1 < tokens.Count && tokens[at].Is("."))
            at += 2;

        at = LengthEnd(tokens, at);
        while (at < tokens.Count && tokens[at].Kind is SqlTokenKind.Word && TypeWords.Contains(tokens[at].Value))
            at++;

        at = LengthEnd(tokens, at);
        while (at + 1 < tokens.Count && tokens[at].Is("[") && tokens[at + 1].Is("]"))
            at += 2;

        return at;
    }

    private static int LengthEnd(List<SqlToken> tokens, int at)
    {
        if (at + 1 >= tokens.Count || !tokens[at].Is("(") || tokens[at + 1].Kind is not SqlTokenKind.Number)
            return at;

        while (at < tokens.Count && !tokens[at].Is(")"))
            at++;

        return Math.Min(at + 1, tokens.Count);
    }

    private static List<SqlToken> WithoutSchemas(List<SqlToken> tokens)
    {
        var kept = new List<SqlToken>(tokens.Count);
        for (var at = 0; at < tokens.Count; at++)
        {
            if (tokens[at].IsName && at + 2 < tokens.Count && tokens[at + 1].Is(".") && tokens[at + 2].IsName)
                at++;
            else
                kept.Add(tokens[at]);
        }

        return kept;
    }

    /// <summary>The parts of one bracket: texts, and for what stands in brackets in it, its parts.</summary>
    private static List<object> Group(List<SqlToken> tokens, ref int at)
    {
        var parts = new List<object>();
        while (at < tokens.Count)
        {
            var token = tokens[at++];
            if (token.Is(")"))
                break;

            parts.Add(token.Is("(") ? Group(tokens, ref at) : Word(token));
        }

        return parts;
    }

    private static string Word(SqlToken token) =>
        token.Kind is SqlTokenKind.Word && token.Value == "current_timestamp" ? "now()" : token.Value;

    private static IEnumerable<string> Unwrapped(List<object> parts)
    {
        while (parts is [List<object> only])
            parts = only;

        for (var index = 0; index < parts.Count; index++)
        {
            if (parts[index] is string word)
            {
                var isCall = index + 1 < parts.Count && parts[index + 1] is List<object> && IsCallable(word);
                if (!isCall)
                {
                    yield return word;
                    continue;
                }

                index++;
                yield return $"{word}({string.Join(' ', Unwrapped((List<object>)parts[index]))})";
            }
            else
            {
                var inner = Unwrapped((List<object>)parts[index]).ToList();
                // A bracket around one thing means nothing.
                if (inner.Count == 1)
                    yield return inner[0];
                else
                    yield return $"({string.Join(' ', inner)})";
            }
        }
    }

    private static bool IsCallable(string word) =>
        (char.IsLetter(word[0]) || word[0] == '_') && word is not ("and" or "or" or "not" or "in" or "is" or "like");
}
