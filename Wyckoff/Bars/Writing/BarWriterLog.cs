using Microsoft.Extensions.Logging;

namespace Wyckoff.Bars.Writing;

/// <summary>Log messages of writing bars: event ids from 2010.</summary>
internal static partial class BarWriterLog
{
    [LoggerMessage(2010, LogLevel.Debug, "A write of bars collided with another transaction ({SqlState}); repeating attempt {Attempt}")]
    public static partial void BarsCollided(this ILogger logger, string sqlState, int attempt);
}
