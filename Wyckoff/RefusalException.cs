using Wyckoff.Postgres;

namespace Wyckoff;

/// <summary>
/// Thrown when the program cannot continue, for a reason that its message explains to the user. It is printed without a stack trace.
/// </summary>
public class RefusalException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True if the message of an exception tells the user enough: a refusal, or a database that does not answer.</summary>
    public static bool IsRefusal(Exception exception) => exception is RefusalException || DatabaseFaults.IsAway(exception);
}
