using System.Runtime.InteropServices;

namespace Wyckoff.AppHost.Embedded;

/// <summary>Where the build put the services: beside ours, under the same configuration.</summary>
internal static class ServiceBinaries
{
    /// <summary>The dotnet that runs us, which need not be the one on PATH.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    public static string Dll(string project)
    {
        // …/AppHost/bin/Debug/net10.0/ → …/Api/bin/Debug/net10.0/Wyckoff.Api.dll
        var ours = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration, root) = (ours.Name, ours.Parent!.Name, ours.Parent!.Parent!.Parent!.Parent!.FullName);
        var dll = Path.Combine(root, project, "bin", configuration, framework, $"Wyckoff.{project}.dll");
        return File.Exists(dll) ? dll : throw new EmbeddedException($"{dll} is not there: build it with dotnet build Wyckoff.sln.");
    }
}
