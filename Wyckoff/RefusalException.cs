using Wyckoff.Postgres;

namespace Wyckoff;

/// <summary>The program refuses to go on, for a reason that the message explains to the user. A stack trace would add nothing.</summary>
public class RefusalException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the message of an exception is all that the user needs: a refusal, or a database that is away.</summary>
    public static bool IsRefusal(Exception exception) => exception is RefusalException || DatabaseFaults.IsAway(exception);
}
