using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace Wyckoff.ServiceDefaults;

public static class ServiceRun
{
    /// <summary>Runs until asked to stop. What keeps the service from starting is one line on stderr and exit code 1, not a stack trace.</summary>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
        var name = app.Environment.ApplicationName; // not to be asked any more once the host has failed
        try
        {
            await app.RunAsync();
            // A worker that had to give up says so here: a background service that throws would leave 0.
            return Environment.ExitCode;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            await Console.Error.WriteLineAsync($"{name}: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    /// <summary>A reason not to start that the message explains: options, a schema that is not there, a port that is taken.</summary>
    public static bool IsRefusal(Exception e) => e is InvalidOperationException or OptionsValidationException or IOException;
}
