using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace Wyckoff.ServiceDefaults;

public static class ServiceRun
{
    /// <summary>Runs until asked to stop. What keeps the service from starting is one line on stderr and exit code 1, not a stack trace.</summary>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or OptionsValidationException or IOException)
        {
            await Console.Error.WriteLineAsync($"{app.Environment.ApplicationName}: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }
}
