using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What a test needs of the machine; without it the test is skipped, and says why.</summary>
internal static class Require
{
    /// <summary>A program's file.</summary>
    public static string Program(string name)
    {
        var file = ExternalProgram.Find(name);
        Assert.SkipWhen(file is null, $"{name} is not installed");
        return file!;
    }

    /// <summary>Linux, for what is read from /proc.</summary>
    public static void Linux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "this reads /proc, which is Linux's");
}
