using System.Text;
using Microsoft.Playwright;

namespace Troupe.Browser.Tests.MedSim;

/// <summary>Teachers, their classes, and the cases that they bring.</summary>
public sealed class ClassTests(Chromium chromium, Ward ward)
{
    [Fact]
    public async Task A_teacher_makes_a_class_that_a_student_joins_and_sees_what_was_done_for_it()
    {
        await using var teacher = await Visit.OpenAsync(chromium, ward.Site, path: "/medsim/classes", scopes: ["chat", "teach"]);
        await teacher.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("Year four");
        await teacher.Page.GetByRole(AriaRole.Button, new() { Name = "Make the class" }).ClickAsync();
        var invite = (await teacher.Page.Locator(".secret").TextContentAsync())!.Trim();
        await teacher.Page.GetByRole(AriaRole.Button, new() { Name = "I have kept it" }).ClickAsync();

        await using var student = await Visit.OpenAsync(chromium, ward.Site, path: "/medsim/classes");
        await Expect(student.Page.GetByText("Make a class")).ToHaveCountAsync(0);
        await student.Page.GetByLabel("Key of the class").FillAsync("not-a-key");
        await student.Page.GetByRole(AriaRole.Button, new() { Name = "Join" }).ClickAsync();
        await Expect(student.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Ask your teacher for a new one.");
        await student.Page.GetByLabel("Key of the class").FillAsync(invite);
        await student.Page.GetByLabel("Your name, as the teacher sees it").FillAsync("Robin");
        await student.Page.GetByRole(AriaRole.Button, new() { Name = "Join" }).ClickAsync();
        var link = student.Page.GetByRole(AriaRole.Link, new() { Name = "Year four" });
        await Expect(link).ToBeVisibleAsync();
        var id = (await link.GetAttributeAsync("href"))!.Split('/').Last();
        using (var client = student.Client())
        {
            await Bedside.FinishedAsync(client, "crushing-chest-pain", "Inferior STEMI", id);
            await Bedside.FinishedAsync(client, "crushing-chest-pain", "Pericarditis");
        }

        await teacher.Page.GotoAsync($"/medsim/classes/{id}");
        await Expect(teacher.Page.GetByRole(AriaRole.Rowheader, new() { Name = "Robin" })).ToHaveCountAsync(2);
        await teacher.Page.Locator(".ms-area summary").ClickAsync();
        await Expect(teacher.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Vital signs" })).ToContainTextAsync("100 %");
        await teacher.PictureAsync("medsim-class");
        await teacher.Page.GetByRole(AriaRole.Link, new() { Name = Ward.BusDriver, Exact = true }).ClickAsync();
        await Expect(teacher.Page.Locator(".ms-total")).ToContainTextAsync("of 100");

        await link.ClickAsync();
        await Expect(student.Page.GetByRole(AriaRole.Link, new() { Name = Ward.BusDriver, Exact = true })).ToHaveCountAsync(1);
        await Expect(student.Page.GetByText("Members")).ToHaveCountAsync(0);
        student.NothingWrong();
        teacher.NothingWrong();
    }

    [Fact]
    public async Task A_case_file_with_mistakes_is_told_line_by_line_and_a_good_one_stands_in_the_library()
    {
        await using var teacher = await Visit.OpenAsync(chromium, ward.Site, path: "/medsim/classes", scopes: ["chat", "teach"]);
        var page = teacher.Page;
        var good = Ward.CaseFile("shaky-scissors").Replace("case: shaky-scissors", "case: shaky-scissors-again", StringComparison.Ordinal).Replace("title: ", "title: Again, ", StringComparison.Ordinal);
        var bad = good.Replace("difficulty: ", "difficulty: 4", StringComparison.Ordinal);

        await page.Locator("input[type=file]").SetInputFilesAsync([Yaml("bad.yaml", bad), Yaml("good.yaml", good)]);

        var reports = page.Locator(".reports > li");
        await Expect(reports).ToHaveCountAsync(2);
        await Expect(reports.Filter(new() { HasText = "bad.yaml" })).ToContainTextAsync("Line 4, column");
        await Expect(reports.Filter(new() { HasText = "good.yaml" })).ToContainTextAsync("1 case: 1 new, 0 changed, 0 known already.");
        await teacher.PictureAsync("medsim-import");
        await page.GotoAsync("/medsim?q=again");
        await Expect(page.Locator(".ms-card")).ToHaveCountAsync(1);

        await page.GotoAsync("/medsim/classes");
        await page.GetByText("Imported cases").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = Patterns.TakeOut }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Take it out" }).ClickAsync();
        await Expect(page.GetByText("Imported cases")).ToHaveCountAsync(0);
        teacher.NothingWrong();
    }

    private static FilePayload Yaml(string name, string text) => new() { Name = name, MimeType = "application/yaml", Buffer = Encoding.UTF8.GetBytes(text) };
}
