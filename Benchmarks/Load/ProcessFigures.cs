using System.Globalization;

namespace Wyckoff.Benchmarks.Load;

/// <summary>What Linux keeps of a process.</summary>
internal static class ProcessFigures
{
    // Of the clock that /proc counts in: fixed for programs, whatever the kernel's own is.
    private const double Hertz = 100;

    /// <summary>The kernel keeps the peak of resident memory, so it does not matter when it is asked, as long as the process is there; 0 when it is not.</summary>
    public static double PeakMegabytes(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim()[..^3], CultureInfo.InvariantCulture) / 1024.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public static double ProcessorSeconds(int process)
    {
        // The name, in brackets, may have spaces in it.
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ');
        return (long.Parse(fields[12], CultureInfo.InvariantCulture) + long.Parse(fields[13], CultureInfo.InvariantCulture)) / Hertz;
    }

    /// <summary>Of the last minute: how many wanted to run.</summary>
    public static string LoadAverage() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}
