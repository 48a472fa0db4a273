using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Wyckoff.ServiceDefaults;

/// <summary>Writes the health report as JSON: status, latency and data of each dependency.</summary>
/// <remarks>The report is public, so <c>error</c> is one word and never the message of an exception. The log has the message.</remarks>
internal static class HealthReportWriter
{
    private const string ErrorKey = "error";

    public static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        var log = context.RequestServices.GetRequiredService<HealthLog>();
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", report.Status.ToString());
        json.WriteStartObject("dependencies");
        foreach (var (name, entry) in report.Entries)
        {
            var error = ErrorOf(entry);
            log.Report(name, entry, error);
            json.WriteStartObject(name);
            json.WriteString("status", entry.Status.ToString());
            json.WriteNumber("latencyMs", Math.Round(entry.Duration.TotalMilliseconds, 2));
            if (DescriptionOf(entry) is { } description)
            {
                json.WriteString("description", description);
            }

            if (error is not null)
            {
                json.WriteString(ErrorKey, error);
            }

            foreach (var (key, value) in entry.Data)
            {
                if (key != ErrorKey)
                {
                    json.WritePropertyName(key);
                    JsonSerializer.Serialize(json, value);
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    /// <summary>The check's own <c>error</c>; if the check threw, <c>timeout</c> or <c>error</c>.</summary>
    private static string? ErrorOf(HealthReportEntry entry) =>
        entry switch
        {
            _ when entry.Data.TryGetValue(ErrorKey, out var word) => word.ToString(),
            { Exception: null } => null,
            { Exception: OperationCanceledException or TimeoutException } => "timeout",
            _ => "error",
        };

    /// <summary>Null if the check threw, because the framework then sets the description to the message of the exception.</summary>
    private static string? DescriptionOf(HealthReportEntry entry) =>
        entry.Exception is null || entry.Data.ContainsKey(ErrorKey) ? entry.Description : null;
}
