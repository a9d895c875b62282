using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Dns.Tests;

public sealed class TextFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private TextVersion? _version;

    [Fact]
    public void ReadIfChanged_SameFileTwice_IsReadOnce()
    {
        _directory.Write("hosts", "10.0.0.1 web");

        Assert.Equal("10.0.0.1 web", Read("hosts"));
        Assert.Null(Read("hosts"));
    }

    [Fact]
    public void ReadIfChanged_OtherLengthOrTime_IsReadAgain()
    {
        _directory.WriteOld("hosts", "a");
        Read("hosts");
        _directory.Write("hosts", "b");
        Assert.Equal("b", Read("hosts"));
        File.WriteAllText(_directory["hosts"], "bb");
        Assert.Equal("bb", Read("hosts"));
    }

    [Fact]
    public void ReadIfChanged_SymbolicLink_IsTheFileThatItLeadsTo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems may need a right to make one.");
        _directory.Write("one", "1");
        _directory.Write("two", "22");
        File.CreateSymbolicLink(_directory["link"], _directory["one"]);
        Assert.Equal("1", Read("link"));

        File.WriteAllText(_directory["one"], "111");
        Assert.Equal("111", Read("link"));

        File.Delete(_directory["link"]);
        File.CreateSymbolicLink(_directory["link"], _directory["two"]);
        Assert.Equal("22", Read("link"));
    }

    [Fact]
    public void ReadIfChanged_MissingFileOrDirectory_IsEmpty()
    {
        Assert.Equal("", Read("none"));
        Assert.Equal("", Read("none/none"));
        Directory.CreateDirectory(_directory["directory"]);
        Assert.Equal("", Read("directory"));
        Assert.Null(_version);
    }

    [Fact]
    public void Value_FileIsDeleted_IsEmptyAndParsedOnceForEachVersion()
    {
        var parsed = new List<string>();
        var file = new ParsedFile<string>(_directory["hosts"], TextFiles.Instance, text =>
        {
            parsed.Add(text);
            return text;
        });
        Assert.Equal("", file.Value);
        Assert.Equal("", file.Value);
        _directory.Write("hosts", "x");
        Assert.Equal("x", file.Value);
        Assert.Equal("x", file.Value);
        File.Delete(_directory["hosts"]);
        Assert.Equal("", file.Value);
        Assert.Equal("", file.Value);
        Assert.Equal(["", "x", ""], parsed);
    }

    public void Dispose() => _directory.Dispose();

    private string? Read(string name) => TextFiles.Instance.ReadIfChanged(_directory[name], ref _version);
}
