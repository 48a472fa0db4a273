using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Wyckoff.ServiceDefaults;

/// <summary>
/// Logs changes of a dependency's health, with the exception. Probes come every few seconds, so unchanged results are not logged.
/// </summary>
internal sealed partial class HealthLog(ILogger<HealthLog> logger)
{
    private readonly Dictionary<string, (HealthStatus Status, string? Error)> _last = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public void Report(string dependency, HealthReportEntry entry, string? error)
    {
        lock (_lock)
        {
            var now = (entry.Status, error);
            var before = _last.GetValueOrDefault(dependency, (HealthStatus.Healthy, null));
            _last[dependency] = now;
            if (now == before)
            {
                return;
            }
        }

        var level = entry.Exception is null ? LogLevel.Information : LogLevel.Warning;
        Changed(level, entry.Exception, dependency, entry.Status, (error ?? entry.Description) is { } reason ? $" ({reason})" : "");
    }

    [LoggerMessage(EventId = 900, Message = "Health of {Dependency}: {Status}{Reason}")]
    private partial void Changed(LogLevel level, Exception? exception, string dependency, HealthStatus status, string reason);
}
