Option Explicit
' The buttons of the add-in. Each runs one command of xlsales on the active workbook.

Private ribbon_shown As Object

Public Sub xs_ribbon_loaded_addin(ribbon As Object)
    Set ribbon_shown = ribbon
End Sub

' Two tabs would say the same: a workbook that brings its own hides this one.
Public Sub xs_ribbon_tab_addin(control As Object, ByRef shown As Variant)
    shown = Not ThisWorkbook.IsServed(ActiveWorkbook) And (control.ID = "xs_tab_addin_" & ThisWorkbook.Language())
End Sub

Public Sub xs_ribbon_draw_addin(reason As String)
    If Not ribbon_shown Is Nothing Then ribbon_shown.Invalidate
End Sub

Private Sub draw_ribbon()
    xs_ribbon_draw_addin "language"
End Sub
