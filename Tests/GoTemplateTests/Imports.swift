internal import GoTemplate
