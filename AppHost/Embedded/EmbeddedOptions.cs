using System.CommandLine;

namespace Wyckoff.AppHost.Embedded;

/// <summary>What the command line asks for.</summary>
internal sealed record EmbeddedOptions(int Port, bool Fresh, bool Yes, bool Samples, bool Dashboard, string? Data)
{
    public const int DefaultPort = 5080;

    /// <summary>The options, or null when all was said already: help, or what is wrong with the command line, in one line.</summary>
    public static async Task<(EmbeddedOptions? Options, int ExitCode)> ParseAsync(string[] args)
    {
        var port = new Option<int>("--port") { Description = "Where the API listens, on loopback.", DefaultValueFactory = _ => DefaultPort };
        port.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!int.TryParse(text, out var number) || number is < 1 or > 65535))
            {
                result.AddError($"--port: '{text}' is not a port; a number from 1 to 65535 is expected.");
            }
        });
        var fresh = new Option<bool>("--fresh") { Description = "Delete all data first; asks before it does." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var noSamples = new Option<bool>("--no-samples") { Description = "Start with an empty database." };
        var dashboard = new Option<bool>("--dashboard") { Description = "Show logs, traces and metrics in the Aspire dashboard; its npm package (125 MB) is fetched the first time." };
        var data = new Option<string?>("--data") { Description = "Where servers and data are kept (also WYCKOFF_HOME).", HelpName = "FOLDER" };
        // Where the Aspire packages are, this is what leads here at all; accepted everywhere, so that a script need not know.
        var embedded = new Option<bool>("--embedded") { Hidden = true };
        var command = new RootCommand("Starts Wyckoff: PostgreSQL with TimescaleDB, Redis, migrations, ingestor and API, as processes of this machine. Ctrl+C stops all of it.")
        {
            port, fresh, yes, noSamples, dashboard, data, embedded,
        };
        EmbeddedOptions? options = null;
        command.SetAction(parsed => options = new(
            parsed.GetValue(port), parsed.GetValue(fresh), parsed.GetValue(yes), !parsed.GetValue(noSamples), parsed.GetValue(dashboard), parsed.GetValue(data)));

        var result = command.Parse(args);
        if (result.Errors.Count > 0)
        {
            // The parser's own complaint about a number is not as good as the validator's, and comes with it.
            var error = result.Errors.LastOrDefault(e => e.Message.StartsWith("--", StringComparison.Ordinal)) ?? result.Errors[0];
            throw new EmbeddedException(error.Message + " --help lists the options.");
        }

        var exitCode = await result.InvokeAsync();
        return (options, exitCode);
    }
}
